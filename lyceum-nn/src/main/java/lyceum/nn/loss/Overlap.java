package lyceum.nn.loss;

import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Soft counts of an answer against the truth, and the share of both that they have in common. */
final class Overlap {
    private Overlap() {}

    static Tensor of(Tensor logits, Tensor target, double a, double b, double smooth) {
        boolean classes = target.rank() < logits.rank();
        Tensor p, t;
        if (classes) {
            var rows = ClassRows.of("tversky", logits, target);
            p = logits.softmax(1);
            t = ClassRows.hits(rows, target).to(p.dtype()).moveAxis(-1, 1);
        } else {
            if (!logits.shape().equals(target.shape()) || logits.rank() == 0) throw new ShapeException(
                    "tversky: logits " + logits.shape() + " and target " + target.shape() + "; they have one shape, (n, ..)");
            p = logits.sigmoid();
            t = target.to(p.dtype());
        }
        var within = IntStream.range(classes ? 2 : 1, p.rank()).toArray();
        Tensor hit = sum(p.mul(t), within), extra = sum(p, within).sub(hit), missed = sum(t, within).sub(hit);
        Tensor common = hit.add(smooth), all = common.add(extra.mul(a)).add(missed.mul(b)), none = all.eq(0);
        return none.where(all.zerosLike(), common.div(none.where(all.onesLike(), all)).rsub(1));
    }

    /** Over no axes a tensor is its own sum, not the sum of everything. */
    private static Tensor sum(Tensor x, int[] axes) { return axes.length == 0 ? x : x.sum(axes); }
}
