package lyceum.nn.loss;

import java.util.stream.IntStream;
import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/** Soft counts of an answer against the truth, and the share of both that they have in common. */
record Overlap(double a, double b, double smooth) implements Loss {
    @Override public Tensor of(Tensor logits, Tensor target) { return of(logits, target, null); }

    /** @param counts BOOL, of the target's shape: places that are left out of all sums where it is false; null for none */
    Tensor of(Tensor logits, Tensor target, Tensor counts) {
        boolean classes = target.rank() < logits.rank();
        Tensor p, t;
        if (classes) {
            var rows = ClassRows.of("tversky", logits, target);
            var here = counts == null || logits.rank() < 2 ? counts : counts.unsqueeze(1);
            if (here != null) logits = here.where(logits, logits.zerosLike());
            p = logits.softmax(logits.rank() < 2 ? 0 : 1);
            t = ClassRows.hits(rows, target).to(p.dtype());
            if (logits.rank() > 1) t = t.moveAxis(-1, 1);
            if (here != null) {
                p = here.where(p, p.zerosLike());
                t = here.where(t, t.zerosLike());
            }
        } else {
            if (!logits.shape().equals(target.shape()) || logits.rank() == 0) throw new ShapeException(
                    "tversky: logits " + logits.shape() + " and target " + target.shape() + "; they have one shape, (n, ..)");
            p = counts == null ? logits.sigmoid() : counts.where(logits, logits.zerosLike()).sigmoid();
            t = target.to(p.dtype());
            if (counts != null) {
                p = counts.where(p, p.zerosLike());
                t = counts.where(t, t.zerosLike());
            }
        }
        var within = IntStream.range(classes ? 2 : 1, p.rank()).toArray();
        Tensor hit = sum(p.mul(t), within), extra = sum(p, within).sub(hit), missed = sum(t, within).sub(hit);
        Tensor common = hit.add(smooth), all = common.add(extra.mul(a)).add(missed.mul(b)), none = all.eq(0);
        return none.where(all.zerosLike(), common.div(none.where(all.onesLike(), all)).rsub(1));
    }

    /** Over no axes a tensor is its own sum, not the sum of everything. */
    private static Tensor sum(Tensor x, int[] axes) { return axes.length == 0 ? x : x.sum(axes); }
}
