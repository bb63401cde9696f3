package lyceum.nn;

import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.autograd.Primitive;
import lyceum.memory.Scope;
import lyceum.tensor.Tensor;

/**
 * Cross-entropy of {@code softmax(h W' + b)} whose logits exist for {@code block} classes at once: one pass finds each row's log of the sum of
 * exponentials, which is kept; the gradients of h, W and b are sums or rows of blocks.
 *
 * @param cap of the logits, infinite for none
 */
record BlockwiseCrossEntropy(double cap, int block) {

    /** Losses (rows) of hidden (rows, width), weight (classes, width), bias (classes) or null, targets (rows). */
    Tensor of(Tensor hidden, Tensor weight, Tensor bias, Tensor targets) {
        var primitive = Primitive.of("blockwiseCrossEntropy", in -> new Tensor[] {logSumExp(in)},
                (in, kept) -> kept[0].squeeze(1).sub(own(in)), (i, g, y, in, kept) -> gradient(i, g, in, kept[0]));
        return bias == null ? primitive.apply(hidden, targets, weight) : primitive.apply(hidden, targets, weight, bias);
    }

    private static Tensor piece(Tensor x, long from, long length) { return x.narrow(0, from, length); }

    private Tensor logits(Tensor[] in, long from, long length) {
        var z = in[0].affine(piece(in[2], from, length), in.length < 4 ? null : piece(in[3], from, length));
        return cap == Double.POSITIVE_INFINITY ? z : z.div(cap).tanh().mul(cap);
    }

    private Tensor own(Tensor[] in) {
        var z = in[0].mul(in[2].indexSelect(0, in[1])).sum(1);
        if (in.length > 3) z = z.add(in[3].indexSelect(0, in[1]));
        return cap == Double.POSITIVE_INFINITY ? z : z.div(cap).tanh().mul(cap);
    }

    private interface Part {
        void at(long from, long length);
    }

    private void blocks(long classes, Part part) {
        for (long from = 0; from < classes; from += block) {
            long first = from;
            try (var work = Scope.open("block of logits")) {
                part.at(first, Math.min(block, classes - first));
            }
        }
    }

    /** (rows, 1), by the running maximum and sum. */
    private Tensor logSumExp(Tensor[] in) {
        long rows = in[0].size(0);
        Tensor top = full(in[0], Double.NEGATIVE_INFINITY, rows, 1), sum = full(in[0], 0, rows, 1);
        blocks(in[2].size(0), (from, length) -> {
            var z = logits(in, from, length).compute();
            var higher = top.maximum(z.max(new int[] {1}, true)).compute();
            var more = sum.mul(top.sub(higher).exp()).add(z.sub(higher).exp().sum(1, true)).compute();
            top.copy_(higher);
            sum.copy_(more);
        });
        return sum.log().add(top);
    }

    private static Tensor full(Tensor like, double value, long... shape) {
        return Tensor.full(like.dtype(), value, shape).copy().compute();
    }

    /** The gradient of the logits of a block, times what each row's loss is owed. */
    private Tensor slope(Tensor[] in, Tensor lse, Tensor g, long from, long length) {
        var z = logits(in, from, length);
        var hits = Tensor.arange(from, from + length, 1).eq(in[1].unsqueeze(1));
        var dz = z.sub(lse).exp().sub(hits.to(z.dtype())).mul(g);
        return (cap == Double.POSITIVE_INFINITY ? dz : dz.mul(z.div(cap).square().rsub(1))).compute();
    }

    private Tensor gradient(int i, Tensor g, Tensor[] in, Tensor lse) {
        if (i == 1) return null;
        var each = g.unsqueeze(1).compute();
        var sum = full(in[i], 0, in[i].shape().toArray());
        Autograd.noGrad(() -> blocks(in[2].size(0), (from, length) -> {
            var dz = slope(in, lse, each, from, length);
            switch (i) {
                case 0 -> sum.add_(dz.matmul(piece(in[2], from, length)));
                case 2 -> sum.narrow(0, from, length).copy_(dz.transpose().matmul(in[0]));
                default -> sum.narrow(0, from, length).copy_(dz.sum(0));
            }
        }));
        return sum;
    }
}
