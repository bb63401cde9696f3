package lyceum.nn.loss;

import java.util.Arrays;
import java.util.stream.IntStream;
import lyceum.LyceumException;
import lyceum.autograd.Primitive;
import lyceum.tensor.Tensor;

/**
 * Cross-entropy of rows of logits as one recorded operation: of the softmax two numbers a row are kept, from which the gradient is one more pass over
 * the logits, and only {@code chunk} rows at a time. What the rows should be are operands as well, so that it may differ between the entries of a batch
 * and the replays of a graph, and gradients reach it. F16 and BF16 are worked out in F32, and so are the losses.
 */
record FusedCrossEntropy(Targets targets, int chunk) {
    private static final long NARROW = 512;
    private static final int[] LAST = {1};

    /** The targets; slices of them go with slices of the rows. */
    sealed interface Targets {
        /** One loss a row. */
        Tensor losses(Tensor logits, Exponentials rows);

        /** The gradient with respect to the logits, where each row's loss has the gradient {@code g} (rows, 1). */
        Tensor gradients(Tensor logits, Exponentials rows, Tensor g);

        /** What it is made of; the first {@link #byRow} have a row for each of the logits. */
        Tensor[] operands();

        int byRow();

        /** The same of other operands. */
        Targets of(Tensor[] operands);

        default Targets piece(long from, long length) {
            var operands = operands();
            for (int i = 0; i < byRow(); i++) operands[i] = operands[i].narrow(0, from, length);
            return of(operands);
        }
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
            return new Exponentials(top, wide(z).sub(top).exp().sum(LAST, true));
        }

        private static Tensor wide(Tensor z) { return z.to(z.dtype().accumulator()); }

        Tensor logSumExp() { return sum.log().add(top); }

        /** {@code softmax(z) factor}, for a factor of each row; 0 where that is 0, be the logits NaN. */
        Tensor softmaxTimes(Tensor z, Tensor factor) {
            var scaled = wide(z).sub(top).exp().mul(sum.eq(0).where(sum.onesLike(), sum).reciprocal().mul(factor));
            return factor.eq(0).where(scaled.zerosLike(), scaled);
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

        /** The gradient with respect to q. */
        static Tensor slope(Tensor z, Exponentials rows, Tensor g) { return rows.logSumExp().sub(z).mul(g); }

        @Override public Tensor[] operands() { return new Tensor[] {q}; }

        @Override public int byRow() { return 1; }

        @Override public Targets of(Tensor[] operands) { return new Soft(operands[0]); }
    }

    /**
     * One class a row, weighted by {@code own}, and where labels are smoothed every class c by {@code all * weights[c]}.
     *
     * @param classes (rows), I32
     * @param all null without smoothing
     */
    record Hard(Tensor classes, Tensor own, Tensor all, Tensor weights) implements Targets {
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

        @Override public Tensor[] operands() {
            return all == null ? new Tensor[] {classes, own} : new Tensor[] {classes, own, all, weights};
        }

        @Override public int byRow() { return all == null ? 2 : 3; }

        @Override public Targets of(Tensor[] operands) {
            return new Hard(operands[0], operands[1], all == null ? null : operands[2], all == null ? null : operands[3]);
        }
    }

    /** The losses (rows) of logits (rows, classes). */
    Tensor of(Tensor logits) {
        var wanted = targets.operands();
        var operands = new Tensor[wanted.length + 1];
        operands[0] = logits;
        System.arraycopy(wanted, 0, operands, 1, wanted.length);
        return primitive().apply(operands);
    }

    private Primitive primitive() {
        return Primitive.of("crossEntropy", in -> {
            var rows = Exponentials.of(in[0]);
            return new Tensor[] {rows.top, rows.sum};
        }, (in, kept) -> losses(in, kept), (i, g, out, in, kept) -> i == 0 ? gradients(in, kept, g) : slopes(in, kept, g))
                .withBatching(this::batched);
    }

    private Tensor losses(Tensor[] in, Tensor[] kept) {
        return pieces(in, (targets, from, length) -> targets.losses(piece(in[0], from, length), rows(kept, from, length)));
    }

    private Tensor gradients(Tensor[] in, Tensor[] kept, Tensor g) {
        return pieces(in, (targets, from, length) -> targets.gradients(piece(in[0], from, length), rows(kept, from, length),
                piece(g, from, length).unsqueeze(1)));
    }

    /** By what the rows should be: probabilities have a gradient, numbers and weights of classes none. */
    private Tensor slopes(Tensor[] in, Tensor[] kept, Tensor g) {
        if (!(targets instanceof Soft)) return null;
        return pieces(in, (targets, from, length) -> Soft.slope(piece(in[0], from, length), rows(kept, from, length),
                piece(g, from, length).unsqueeze(1)));
    }

    /** Rows do not know of each other: the batch is more of them. */
    private Tensor batched(long size, boolean[] isBatched, Tensor[] in) {
        var rows = in.clone();
        for (int i = 0; i <= targets.byRow(); i++) {
            var sizes = in[i].shape().toArray();
            var entry = isBatched[i] ? Arrays.copyOfRange(sizes, 1, sizes.length) : sizes;
            rows[i] = (isBatched[i] ? in[i] : in[i].expand(with(size, entry)))
                    .reshape(with(size * entry[0], Arrays.copyOfRange(entry, 1, entry.length)));
        }
        for (int i = targets.byRow() + 1; i < in.length; i++)
            if (isBatched[i])
                throw new LyceumException("crossEntropy: smoothed labels with class weights that differ between the entries of a vmap;"
                        + " give all entries the same weights, or loop over them");
        return primitive().apply(rows).reshape(size, -1);
    }

    private static long[] with(long first, long[] rest) {
        var all = new long[rest.length + 1];
        all[0] = first;
        System.arraycopy(rest, 0, all, 1, rest.length);
        return all;
    }

    private static Tensor piece(Tensor x, long from, long length) { return length == x.size(0) ? x : x.narrow(0, from, length); }

    private static Exponentials rows(Tensor[] kept, long from, long length) {
        return new Exponentials(piece(kept[0], from, length), piece(kept[1], from, length));
    }

    private interface Part {
        Tensor of(Targets targets, long from, long length);
    }

    private Tensor pieces(Tensor[] in, Part part) {
        var given = targets.of(Arrays.copyOfRange(in, 1, in.length));
        long rows = in[0].size(0);
        if (chunk == 0 || rows <= chunk) return part.of(given, 0, rows);
        var parts = new Tensor[(int) ((rows + chunk - 1) / chunk)];
        for (int p = 0; p < parts.length; p++) {
            long from = (long) p * chunk, length = Math.min(chunk, rows - from);
            parts[p] = part.of(given.piece(from, length), from, length).compute();
        }
        return Tensor.concat(0, parts);
    }
}
