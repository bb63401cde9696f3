package lyceum.nn;

import lyceum.random.Rng;

/**
 * Encodings of the offset {@code j - p} between a key j and the query at p, by parameters of their own in each attention layer: Shaw's vectors, T5's
 * buckets, Transformer-XL's sinusoids. A common shift of all positions changes nothing.
 *
 * {@snippet :
 * var shaw = config.withPositions(RelativePosition.shaw(16));
 * var t5 = config.withPositions(RelativePosition.t5(true)).withAttention(new Attention().withScale(1));
 * long[] buckets = new RelativePosition.Buckets(32, 128, true, true).buckets(-256, 256);
 * }
 *
 * <p>Scores of all offsets come from one product, (T, offsets), whose rows are then {@linkplain RelativeBias#skewed shifted} into place: memory linear in
 * the width, where vectors for each pair of positions would take T times as much. Where positions are given (query starts) they are gathered.
 */
public sealed interface RelativePosition extends PositionalEncoding {

    /**
     * Shaw's: {@code q_p . (k_j + a[clip(j - p)]) / sqrt(d)}, and {@code b[clip(j - p)]} added to the value at j; the same vectors for all heads.
     *
     * @param clip offsets beyond it, on either side, share the last vector
     * @param values whether values have vectors as well; these need the weights, so no kernel is used
     * @see <a href="https://arxiv.org/abs/1803.02155">Shaw, Uszkoreit and Vaswani (2018)</a>
     */
    record Offsets(int clip, boolean values) implements RelativePosition {
        public Offsets {
            if (clip < 1) throw new IllegalArgumentException("RelativePosition.Offsets: clip is " + clip + "; it is at least 1");
        }

        @Override public RelativeBias atScores(AttentionConfig c, Rng rng) { return new OffsetBias(this, c, rng); }

        @Override public boolean isOfTokens() { return false; }

        @Override public long parameters(AttentionConfig c) { return (2L * clip + 1) * c.headWidth() * (values ? 2 : 1); }
    }

    /**
     * T5's: a number for each head and bucket of offsets, added to the score. Near offsets have buckets of their own, those further away share them on a
     * logarithmic scale.
     *
     * @param count of buckets; both directions have half of them
     * @param furthest offset from which on all share the last bucket
     * @param bidirectional false where no later key is seen: all later ones are in bucket 0
     * @param shared whether the blocks of a stack have one table, as T5's do
     * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al. (2020), section 2.1</a>
     */
    record Buckets(int count, int furthest, boolean bidirectional, boolean shared) implements RelativePosition {
        public Buckets {
            int near = count / (bidirectional ? 4 : 2);
            if (near < 1 || count % (bidirectional ? 2 : 1) != 0 || furthest <= near)
                throw new IllegalArgumentException("RelativePosition.Buckets: " + count + " buckets up to " + furthest + "; at least "
                        + (bidirectional ? "4, an even number" : "2") + ", and the furthest offset lies beyond the " + near + " near ones");
        }

        /** The bucket of each offset (key minus query) from {@code lowest} to {@code highest}. */
        public long[] buckets(long lowest, long highest) {
            var buckets = new long[Math.toIntExact(highest - lowest + 1)];
            for (int i = 0; i < buckets.length; i++) buckets[i] = bucket(lowest + i);
            return buckets;
        }

        private long bucket(long offset) {
            int side = bidirectional ? count / 2 : count, near = side / 2;
            long first = bidirectional && offset > 0 ? side : 0, distance = bidirectional ? Math.abs(offset) : Math.max(0, -offset);
            if (distance < near) return first + distance;
            // In F32, as T5 takes them: published tables were trained on its roundings.
            float log = (float) Math.log((float) distance / near) / (float) Math.log((double) furthest / near);
            return first + Math.min(side - 1, near + (long) (log * (side - near)));
        }

        @Override public RelativeBias atScores(AttentionConfig c, Rng rng) { return new BucketBias(this, c, rng); }

        @Override public Buckets causal() { return new Buckets(count, furthest, false, shared); }

        @Override public boolean isShared() { return shared; }

        @Override public boolean isOfHeads() { return true; }

        @Override public long parameters(AttentionConfig c) { return (long) count * c.heads(); }
    }

    /**
     * Transformer-XL's: {@code ((q_p + u) . k_j + (q_p + v) . W r(j - p)) / sqrt(d)}, with r the sinusoids of the offset, u and v learned a head, W learned.
     *
     * @see <a href="https://arxiv.org/abs/1901.02860">Dai et al. (2019), section 3.3</a>
     */
    record Content() implements RelativePosition {
        @Override public RelativeBias atScores(AttentionConfig c, Rng rng) { return new ContentBias(c, rng); }

        @Override public boolean isOfHeads() { return true; }

        @Override public long parameters(AttentionConfig c) { return (long) c.heads() * c.headWidth() * (c.width() + 2); }
    }

    /** Shaw's, for keys and values. */
    static Offsets shaw(int clip) { return new Offsets(clip, true); }

    /** T5's 32 buckets up to 128, one table a stack; bidirectional for encoders. T5 scales no scores: give the mask a scale of 1. */
    static Buckets t5(boolean bidirectional) { return new Buckets(32, 128, bidirectional, true); }

    static Content transformerXl() { return new Content(); }
}
