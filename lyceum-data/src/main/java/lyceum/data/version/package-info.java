/**
 * Which data was it: {@link lyceum.data.version.DatasetStore} keeps rows under their hash, commits and branches over them, and how each was made of which.
 * What it stores goes through {@link lyceum.data.version.ObjectBackend}, in a folder or in memory.
 */
package lyceum.data.version;
