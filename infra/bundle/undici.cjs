'use strict';

// In a bundle, in the place of `undici`: what the functions use of it. Its own index also brings WebSocket, caches,
// mocks and proxies, 240 KB, and runs all of them as it loads. By relative paths: an alias would apply to its own name too.
const apiRequest = require('../../node_modules/undici/lib/api/api-request.js');

exports.Agent = require('../../node_modules/undici/lib/dispatcher/agent.js');
exports.buildConnector = require('../../node_modules/undici/lib/core/connect.js');

exports.request = (url, options) => {
  const { origin, pathname, search } = new URL(url);
  return apiRequest.call(options.dispatcher, { ...options, origin, path: pathname + search });
};
