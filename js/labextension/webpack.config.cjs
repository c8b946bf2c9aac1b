// Webpack's own numbers for modules depend on the folder that it runs in; names do not, so that
// everybody builds the same bytes.
module.exports = { optimization: { moduleIds: "named", chunkIds: "named" } };
