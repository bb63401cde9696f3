package lyceum.nn.loss;

import lyceum.DType;
import lyceum.autograd.Primitive;
import lyceum.memory.Scope;
import lyceum.tensor.GradMode;
import lyceum.tensor.Tensor;
import lyceum.tensor.Tracing;

/**
 * The summed loss of {@code rows head'} with the logits of {@code chunk} rows at once. Where gradients are wanted they are made beside the loss, each
 * chunk's before its logits go: the head's is one running sum.
 */
record ChunkedLmLoss(double zLoss, int chunk) {
    private static final int[] LAST = {1};

    /** @param rows (n, width) @param head (vocabulary, width) @param targets (n) @param weights (n) */
    Tensor of(Tensor rows, Tensor head, Tensor targets, Tensor weights) {
        if (!GradMode.isRecording()) return sums(rows, head, targets, weights, false)[0];
        return Primitive
                .of("causalLm", in -> sums(in[0], in[1], in[2], in[3], true), (in, kept) -> kept[0],
                        (i, g, out, in, kept) -> i > 1 ? null : kept[1 + i].mul(g.to(kept[1 + i].dtype())))
                .apply(rows, head, targets, weights);
    }

    /** The loss, and its gradients by rows and head. */
    private Tensor[] sums(Tensor rows, Tensor head, Tensor targets, Tensor weights, boolean sloped) {
        int n = (int) rows.size(0), pieces = (n + chunk - 1) / chunk;
        boolean watched = sloped && (GradMode.isRecording() || Tracing.on()); // the gradients are differentiated in turn
        Tensor[] byRows = new Tensor[pieces];
        Tensor loss = null, byHead = null;
        for (int p = 0; p < pieces; p++) {
            long from = (long) p * chunk, length = Math.min(chunk, n - from);
            try (var scope = watched ? null : Scope.open("a chunk's logits")) {
                var own = values(rows.narrow(0, from, length), head, targets.narrow(0, from, length), weights.narrow(0, from, length),
                        sloped);
                var sum = loss == null ? own[0] : loss.add(own[0]);
                loss = watched ? sum : sum.compute().keptBy(scope);
                if (!sloped) continue;
                byRows[p] = watched ? own[1] : own[1].compute().keptBy(scope);
                if (watched) byHead = byHead == null ? own[2] : byHead.add(own[2]);
                else byHead = byHead == null ? own[2].compute().keptBy(scope) : byHead.add_(own[2]);
            }
        }
        return sloped ? new Tensor[] {loss, Tensor.concat(0, byRows), byHead.to(head.dtype())} : new Tensor[] {loss};
    }

    private Tensor[] values(Tensor rows, Tensor head, Tensor targets, Tensor weights, boolean sloped) {
        var z = rows.matmul(head.transpose()).to(weights.dtype());
        Tensor w = weights.unsqueeze(1), lse = z.logSumExp(LAST, true);
        var chosen = z.gather(1, targets.unsqueeze(1));
        var each = lse.sub(chosen).add(lse.square().mul(zLoss));
        var loss = w.eq(0).where(each.zerosLike(), each.mul(w)).sum();
        if (!sloped) return new Tensor[] {loss};
        var hits = Tensor.arange(z.size(1)).to(DType.I32).eq(targets.to(DType.I32).unsqueeze(1));
        var slope = z.sub(lse).exp().mul(w.mul(lse.mul(2 * zLoss).add(1))).sub(hits.where(w, w.zerosLike()));
        var narrow = slope.to(rows.dtype());
        return new Tensor[] {loss, narrow.matmul(head), narrow.transpose().matmul(rows).to(weights.dtype())};
    }
}
