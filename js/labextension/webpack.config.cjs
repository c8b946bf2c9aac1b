// Webpack's numeric module ids depend on the folder in which it runs. Names make builds reproducible.
module.exports = { optimization: { moduleIds: "named", chunkIds: "named" } };
