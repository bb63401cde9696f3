package lyceum.nn.loss;

import lyceum.DType;
import lyceum.autograd.Primitive;
import lyceum.tensor.Tensor;

/**
 * Cross-entropy of rows of logits as one recorded operation: of the softmax nothing is kept, it is computed again for the gradient, and only
 * {@code chunk} rows at a time.
 */
record FusedCrossEntropy(Targets targets, int chunk) {
    private static final long NARROW = 512;

    /** What the rows should be; pieces of it belong to pieces of the rows. */
    sealed interface Targets {
        /** One loss a row. */
        Tensor losses(Tensor logits);

        /** The gradient of each row's loss with respect to its logits. */
        Tensor gradients(Tensor logits);

        Targets piece(long from, long length);

        /** What a mean divides by. */
        double divisor();
    }

    /** A weight for each row and class. */
    record Soft(Tensor q) implements Targets {
        @Override public Tensor losses(Tensor z) {
            var surprise = z.logSumExp(new int[] {1}, true).sub(z);
            return q.eq(0).where(q.zerosLike(), q.mul(surprise)).sum(1); // 0 times an infinite surprise is nothing
        }

        @Override public Tensor gradients(Tensor z) { return z.softmax(1).mul(q.sum(new int[] {1}, true)).sub(q); }

        @Override public Targets piece(long from, long length) { return new Soft(q.narrow(0, from, length)); }

        @Override public double divisor() { return q.size(0); }
    }

    /**
     * One class a row, weighted by {@code own}, and where labels are smoothed every class c by {@code all * weights[c]}.
     *
     * @param all null without smoothing
     */
    record Hard(Tensor classes, Tensor own, Tensor all, Tensor weights, double divisor) implements Targets {
        @Override public Tensor losses(Tensor z) {
            var lse = z.logSumExp(new int[] {1}, true);
            var surprise = lse.sub(chosen(z)).squeeze(1);
            // An ignored row has weight 0, and its surprise may be infinite.
            var loss = own.eq(0).where(own.zerosLike(), own.mul(surprise));
            if (all == null) return loss;
            var smooth = lse.sub(z).mul(weights).sum(1);
            return loss.add(all.eq(0).where(all.zerosLike(), all.mul(smooth)));
        }

        @Override public Tensor gradients(Tensor z) {
            Tensor p = z.softmax(1), weight = own.unsqueeze(1);
            // A comparison instead of a scatter: it becomes one program with the softmax.
            var hit = hits(z);
            var gradient = p.mul(weight).sub(hit.where(weight, weight.zerosLike()));
            return all == null ? gradient : gradient.add(p.mul(weights.sum()).sub(weights).mul(all.unsqueeze(1)));
        }

        /** The logit of each row's class: of a narrow row by the program that sums it, of a wide one from its place. */
        private Tensor chosen(Tensor z) {
            if (z.size(1) > NARROW) return z.gather(1, classes.unsqueeze(1));
            return hits(z).where(z, z.zerosLike()).sum(new int[] {1}, true);
        }

        private Tensor hits(Tensor z) { return Tensor.arange(z.size(1)).to(DType.I32).compute().eq(classes.to(DType.I32).unsqueeze(1)); }

        @Override public Targets piece(long from, long length) {
            return new Hard(classes.narrow(0, from, length), own.narrow(0, from, length), all == null ? null : all.narrow(0, from, length), weights, divisor);
        }
    }

    /** The losses (rows) of logits (rows, classes). */
    Tensor of(Tensor logits) {
        return Primitive.of("crossEntropy", in -> pieces(in[0], Targets::losses),
                (i, g, out, in) -> pieces(in[0], Targets::gradients).mul(g.unsqueeze(1))).apply(logits);
    }

    private interface Part {
        Tensor of(Targets targets, Tensor logits);
    }

    private Tensor pieces(Tensor logits, Part part) {
        long rows = logits.size(0);
        if (chunk == 0 || rows <= chunk) return part.of(targets, logits);
        var parts = new Tensor[(int) ((rows + chunk - 1) / chunk)];
        for (int p = 0; p < parts.length; p++) {
            long from = (long) p * chunk, length = Math.min(chunk, rows - from);
            parts[p] = part.of(targets.piece(from, length), logits.narrow(0, from, length)).compute();
        }
        return Tensor.concat(0, parts);
    }
}
