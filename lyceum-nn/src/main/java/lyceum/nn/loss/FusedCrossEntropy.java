package lyceum.nn.loss;

import java.util.stream.IntStream;
import lyceum.autograd.Primitive;
import lyceum.tensor.Tensor;

/**
 * Cross-entropy of rows of logits as one recorded operation: of the softmax two numbers a row are kept, from which the gradient is one more pass over
 * the logits, and only {@code chunk} rows at a time.
 */
record FusedCrossEntropy(Targets targets, int chunk) {
    private static final long NARROW = 512;
    private static final int[] LAST = {1};

    /** What the rows should be; pieces of it belong to pieces of the rows. */
    sealed interface Targets {
        /** One loss a row. */
        Tensor losses(Tensor logits, Exponentials rows);

        /** The gradient with respect to the logits, where each row's loss has the gradient {@code g} (rows, 1). */
        Tensor gradients(Tensor logits, Exponentials rows, Tensor g);

        Targets piece(long from, long length);

        /** What a mean divides by. */
        double divisor();
    }

    /**
     * What a row's exponentials have in common.
     *
     * @param top the largest logit, or 0 where that is infinite or NaN
     * @param sum of {@code exp(z - top)}
     */
    record Exponentials(Tensor top, Tensor sum) {
        static Exponentials of(Tensor z) {
            var largest = (z.isTracked() ? z.detach() : z).max(LAST, true); // no value depends on what is taken off
            var top = largest.isFinite().where(largest, largest.zerosLike());
            return new Exponentials(top, z.sub(top).exp().sum(LAST, true));
        }

        Tensor logSumExp() { return sum.log().add(top); }

        /** {@code softmax(z) factor}, for a factor of each row. */
        Tensor softmaxTimes(Tensor z, Tensor factor) {
            return z.sub(top).exp().mul(sum.eq(0).where(sum.onesLike(), sum).reciprocal().mul(factor));
        }
    }

    /** A weight for each row and class. */
    record Soft(Tensor q) implements Targets {
        @Override public Tensor losses(Tensor z, Exponentials rows) {
            var surprise = rows.logSumExp().sub(z);
            return q.eq(0).where(q.zerosLike(), q.mul(surprise)).sum(1); // 0 times an infinite surprise is nothing
        }

        @Override public Tensor gradients(Tensor z, Exponentials rows, Tensor g) {
            return rows.softmaxTimes(z, q.sum(LAST, true).mul(g)).sub(q.mul(g));
        }

        @Override public Targets piece(long from, long length) { return new Soft(q.narrow(0, from, length)); }

        @Override public double divisor() { return q.size(0); }
    }

    /**
     * One class a row, weighted by {@code own}, and where labels are smoothed every class c by {@code all * weights[c]}.
     *
     * @param classes (rows), I32
     * @param all null without smoothing
     */
    record Hard(Tensor classes, Tensor own, Tensor all, Tensor weights, double divisor) implements Targets {
        @Override public Tensor losses(Tensor z, Exponentials rows) {
            var lse = rows.logSumExp();
            var surprise = lse.sub(chosen(z)).squeeze(1);
            // An ignored row has weight 0, and its surprise may be infinite.
            var loss = own.eq(0).where(own.zerosLike(), own.mul(surprise));
            if (all == null) return loss;
            var smooth = lse.sub(z).mul(weights).sum(1);
            return loss.add(all.eq(0).where(all.zerosLike(), all.mul(smooth)));
        }

        @Override public Tensor gradients(Tensor z, Exponentials rows, Tensor g) {
            Tensor one = own.unsqueeze(1).mul(g), each = all == null ? null : all.unsqueeze(1).mul(g);
            var softmax = rows.softmaxTimes(z, each == null ? one : one.add(each.mul(weights.sum())));
            // A comparison instead of a scatter: it becomes one program with the softmax.
            var gradient = softmax.sub(hits(z).where(one, one.zerosLike()));
            return each == null ? gradient : gradient.sub(each.mul(weights));
        }

        /** The logit of each row's class: of a narrow row by the program that sums it, of a wide one from its place. */
        private Tensor chosen(Tensor z) {
            if (z.size(1) > NARROW) return z.gather(1, classes.unsqueeze(1));
            return hits(z).where(z, z.zerosLike()).sum(LAST, true);
        }

        private Tensor hits(Tensor z) { return Tensor.of(IntStream.range(0, (int) z.size(1)).toArray()).eq(classes.unsqueeze(1)); }

        @Override public Targets piece(long from, long length) {
            return new Hard(classes.narrow(0, from, length), own.narrow(0, from, length), all == null ? null : all.narrow(0, from, length),
                    weights, divisor);
        }
    }

    /** The losses (rows) of logits (rows, classes). */
    Tensor of(Tensor logits) {
        return Primitive.of("crossEntropy", in -> {
            var rows = Exponentials.of(in[0]);
            return new Tensor[] {rows.top, rows.sum};
        }, (in, kept) -> losses(in[0], kept), (i, g, out, in, kept) -> gradients(in[0], kept, g)).apply(logits);
    }

    private Tensor losses(Tensor logits, Tensor[] kept) {
        return pieces(logits.size(0), (targets, from, length) -> targets.losses(piece(logits, from, length), rows(kept, from, length)));
    }

    private Tensor gradients(Tensor logits, Tensor[] kept, Tensor g) {
        return pieces(logits.size(0), (targets, from, length) -> targets.gradients(piece(logits, from, length), rows(kept, from, length),
                piece(g, from, length).unsqueeze(1)));
    }

    private static Tensor piece(Tensor x, long from, long length) { return length == x.size(0) ? x : x.narrow(0, from, length); }

    private static Exponentials rows(Tensor[] kept, long from, long length) {
        return new Exponentials(piece(kept[0], from, length), piece(kept[1], from, length));
    }

    private interface Part {
        Tensor of(Targets targets, long from, long length);
    }

    private Tensor pieces(long rows, Part part) {
        if (chunk == 0 || rows <= chunk) return part.of(targets, 0, rows);
        var parts = new Tensor[(int) ((rows + chunk - 1) / chunk)];
        for (int p = 0; p < parts.length; p++) {
            long from = (long) p * chunk, length = Math.min(chunk, rows - from);
            parts[p] = part.of(targets.piece(from, length), from, length).compute();
        }
        return Tensor.concat(0, parts);
    }
}
