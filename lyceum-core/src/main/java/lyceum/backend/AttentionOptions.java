package lyceum.backend;

/**
 * Which keys a query of {@link Backend#attention} sees, and how scores become weights.
 *
 * <p>Query {@code i} of batch entry {@code b} stands at position {@code p = start(b) + i}, key {@code j} at position {@code j}. The key is seen
 * if {@code j < length(b)}, and, when causal, {@code j <= p}, and, with a window {@code w}, {@code |p - j| < w}. What is not seen is never read,
 * except for keys that another query of the same tile sees.
 *
 * @param scale of the dot products
 * @param causal hides later keys
 * @param window how many positions back (and ahead, unless causal) a query sees, itself included; 0 for all
 * @param bias added to the scaled scores, (batch, heads, queries, keys), broadcast by zero strides, any float type; -inf hides a key; or null
 * @param keyLengths keys of each batch entry, (batch), I64; null for all
 * @param queryStarts position of the first query of each batch entry, (batch), I64; null for {@code keys - queries}: the last query stands at the last key
 * @param blockTable pages of each batch entry, (batch, pages), I64: then keys and values are (all blocks, kv heads, block size, d) and key
 *        {@code j} is row {@code j % blockSize} of block {@code blockTable[b, j / blockSize]}; null where they are (batch, kv heads, keys, d)
 */
public record AttentionOptions(double scale, boolean causal, long window, View bias, View keyLengths, View queryStarts, View blockTable) {}
