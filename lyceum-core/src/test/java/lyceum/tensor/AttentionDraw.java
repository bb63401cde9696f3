package lyceum.tensor;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import lyceum.DType;
import lyceum.random.Rng;

/** A random attention: shapes, masks, biases and packings as options, and as the predicates that {@link ExplicitAttention} asks. */
record AttentionDraw(Attention options, Tensor q, Tensor k, Tensor v, Tensor g, ExplicitAttention explicit, Set<Kind> kinds) {
    enum Kind {
        CAUSAL, WINDOW, BIAS, HIDING, ALIBI, BLOCKS, LENGTHS, PACKED, GROUPED, RAGGED, WHOLE, FAR, ONE_QUERY, MORE_QUERIES
    }

    /**
     * @param structured with ALiBi and block masks too
     * @param tile no length is a multiple of it, but now and then six of it: whole tiles of two and of three, too
     */
    static AttentionDraw of(Rng rng, DType type, int tile, boolean structured) { return of(rng, type, tile, structured, false); }

    /** @param far so many queries and keys that every implementation takes several tiles of each */
    static AttentionDraw of(Rng rng, DType type, int tile, boolean structured, boolean far) {
        var kinds = EnumSet.noneOf(Kind.class);
        int batch = far ? 1 : 1 + rng.nextInt(2), keyHeads = 1 + rng.nextInt(2), group = 1 + rng.nextInt(far ? 2 : 3);
        int heads = keyHeads * group;
        int d = 4 * (1 + rng.nextInt(8)), e = rng.nextInt(3) > 0 ? d : 4 * (1 + rng.nextInt(8));
        if (group > 1) kinds.add(Kind.GROUPED);
        List<Integer> queryLengths = new ArrayList<>(), keyLengths = new ArrayList<>();
        boolean packed = !far && rng.nextInt(4) == 0;
        int n = packed ? 2 + rng.nextInt(4) : 1;
        for (int s = 0; s < n; s++) {
            int keys = length(rng, tile, packed ? 40 : 100), queries = rng.nextInt(3) == 0 ? length(rng, tile, packed ? 40 : 100) : keys;
            if (!packed && rng.nextInt(8) == 0) queries = 1;
            if (far) {
                kinds.add(Kind.FAR);
                keys = 1025 + rng.nextInt(100);
                queries = 129 + rng.nextInt(150);
            }
            queryLengths.add(queries);
            keyLengths.add(keys);
        }
        int queries = sum(queryLengths), keys = sum(keyLengths);
        if (queries == 1) kinds.add(Kind.ONE_QUERY);
        if (queries > keys) kinds.add(Kind.MORE_QUERIES);
        if (queries % tile != 0 && keys % tile != 0) kinds.add(Kind.RAGGED);
        if (queries % (6 * tile) == 0 && keys % (6 * tile) == 0) kinds.add(Kind.WHOLE);
        var options = new Attention();
        int[] queryOf = new int[queries], keyOf = new int[keys], position = new int[queries], place = new int[keys];
        lay(queryLengths, keyLengths, queryOf, keyOf, position, place);
        var lengths = new int[batch];
        for (int b = 0; b < batch; b++) lengths[b] = keys;
        if (packed) {
            kinds.add(Kind.PACKED);
            options = options.withPacking(new Packing(queryLengths, keyLengths));
        } else if (rng.nextInt(4) == 0) {
            kinds.add(Kind.LENGTHS);
            for (int b = 0; b < batch; b++) lengths[b] = 1 + rng.nextInt(keys);
            options = options.withKeyLengths(Tensor.of(lengths));
        }
        boolean causal = rng.nextInt(2) == 0;
        int window = rng.nextInt(3) == 0 ? 1 + rng.nextInt(keys) : 0;
        if (causal) kinds.add(Kind.CAUSAL);
        if (window > 0) kinds.add(Kind.WINDOW);
        options = options.withCausal(causal).withWindow(window);
        if (rng.nextInt(3) == 0) options = options.withScale((0.3 + rng.nextDouble()) / Math.sqrt(d));
        double[] bias = null;
        long[] biasShape = {rng.nextInt(2) == 0 ? 1 : batch, rng.nextInt(2) == 0 ? 1 : heads, rng.nextInt(3) == 0 ? 1 : queries, keys};
        if (rng.nextInt(3) == 0) {
            kinds.add(Kind.BIAS);
            var random = Tensor.randn(rng, type, biasShape).compute();
            if (rng.nextInt(3) == 0) {
                kinds.add(Kind.HIDING);
                random = random.maskedFill(random.gt(1), Double.NEGATIVE_INFINITY).compute();
            }
            options = options.withBias(random);
            bias = ExplicitAttention.doubles(random);
        }
        double[] slopes = null;
        if (structured && rng.nextInt(3) == 0) {
            kinds.add(Kind.ALIBI);
            options = options.withAlibi(Attention.alibiSlopes(heads));
            slopes = ExplicitAttention.doubles(Attention.alibiSlopes(heads));
        }
        int block = 3 + rng.nextInt(30), across = (queries + block - 1) / block, along = (keys + block - 1) / block;
        long[] maskShape = {rng.nextInt(2) == 0 ? 1 : batch, rng.nextInt(2) == 0 ? 1 : heads, across, along};
        double[] mask = null;
        if (structured && rng.nextInt(3) == 0) {
            kinds.add(Kind.BLOCKS);
            var seen = Tensor.rand(rng, maskShape).lt(0.6).compute();
            options = options.withBlocks(new BlockMask(seen, block));
            mask = ExplicitAttention.doubles(seen);
        }
        double[] added = bias, forgets = slopes, shown = mask;
        ExplicitAttention.Pairs pairs = (b, h, i, j) -> queryOf[i] == keyOf[j] && place[j] < (packed ? Integer.MAX_VALUE : lengths[b])
                && (!causal || place[j] <= position[i]) && (window == 0 || Math.abs(place[j] - position[i]) < window)
                && (shown == null || shown[at(maskShape, b, h, i / block, j / block)] != 0);
        ExplicitAttention.Bias biases = (b, h, i, j) -> (added == null ? 0 : added[at(biasShape, b, h, i, j)])
                - (forgets == null ? 0 : forgets[h] * Math.abs(place[j] - position[i]));
        double scale = options.scale() == 0 ? 1 / Math.sqrt(d) : options.scale();
        return new AttentionDraw(options, Tensor.randn(rng, type, batch, heads, queries, d).compute(),
                Tensor.randn(rng, type, batch, keyHeads, keys, d).compute(), Tensor.randn(rng, type, batch, keyHeads, keys, e).compute(),
                Tensor.randn(rng, type, batch, heads, queries, e).compute(),
                new ExplicitAttention(batch, heads, keyHeads, queries, keys, d, e, scale, pairs, biases), kinds);
    }

    ExplicitAttention.Values expected() { return explicit.of(q, k, v, g); }

    private static int length(Rng rng, int tile, int most) {
        int n = 1 + rng.nextInt(most);
        if (most >= 6 * tile && rng.nextInt(5) == 0) return 6 * tile;
        return n % tile == 0 ? n + 1 : n;
    }

    private static int at(long[] shape, int... place) {
        int at = 0;
        for (int axis = 0; axis < 4; axis++) at = at * (int) shape[axis] + (shape[axis] == 1 ? 0 : place[axis]);
        return at;
    }

    private static int sum(List<Integer> lengths) {
        int sum = 0;
        for (int n : lengths) sum += n;
        return sum;
    }

    /** Sequence and place of each row: the last query of a sequence stands at its last key. */
    private static void lay(List<Integer> queries, List<Integer> keys, int[] queryOf, int[] keyOf, int[] position, int[] place) {
        for (int s = 0, i = 0, j = 0; s < keys.size(); s++) {
            for (int n = 0; n < queries.get(s); n++, i++) {
                queryOf[i] = s;
                position[i] = keys.get(s) - queries.get(s) + n;
            }
            for (int n = 0; n < keys.get(s); n++, j++) {
                keyOf[j] = s;
                place[j] = n;
            }
        }
    }
}
