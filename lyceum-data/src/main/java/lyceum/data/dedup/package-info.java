/**
 * Copies found and dropped: {@link lyceum.data.dedup.Deduplicator} takes a corpus through exact, near and substring passes and reports what went. Below it,
 * {@link lyceum.data.dedup.MinHash} signs sets of {@link lyceum.data.dedup.Shingles}, {@link lyceum.data.dedup.MinHashLsh} finds pairs of like signatures
 * without comparing all, {@link lyceum.data.dedup.SimHash} does so for cosines, {@link lyceum.data.dedup.SuffixArray} finds repeated runs of tokens.
 */
package lyceum.data.dedup;
