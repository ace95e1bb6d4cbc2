import type { ObjectStore, StoredObject } from './store.ts';

/** The part of `store` whose keys begin with `prefix`, as a store of its own: keys are relative to the prefix. */
export function prefixedStore(store: ObjectStore, prefix: string): ObjectStore {
  const inner = (key: string): string => prefix + key;
  const outer = (object: StoredObject): StoredObject => ({ ...object, key: object.key.slice(prefix.length) });
  return {
    name: `${store.name}/${prefix.replace(/\/$/, '')}`,
    head: async (key) => {
      const object = await store.head(inner(key));
      return object && outer(object);
    },
    read: (key, options) => store.read(inner(key), options),
    create: (key, body) => store.create(inner(key), body),
    write: (key, body, options) => store.write(inner(key), body, options),
    compose: (key, parts, options) =>
      store.compose(
        inner(key),
        parts.map((part) => ({ ...part, key: inner(part.key) })),
        options,
      ),
    list: async function* (begin) {
      for await (const object of store.list(inner(begin))) yield outer(object);
    },
    remove: (key) => store.remove(inner(key)),
  };
}
