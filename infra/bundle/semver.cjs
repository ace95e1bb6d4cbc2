'use strict';

// In a bundle, in the place of `semver`, 29 KB: X-Ray's library asks whether this Node is at least version 8.
exports.gte = (version, least) => version.localeCompare(least, 'en', { numeric: true }) >= 0;
