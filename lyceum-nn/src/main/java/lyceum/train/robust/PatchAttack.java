package lyceum.train.robust;

import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A square of each picture may become anything: no ball, but few places. Each restart puts it somewhere else and raises the loss by signed steps.
 *
 * @param side of the square in pixels
 * @param steps of each restart
 * @param restarts places tried for each row
 * @param low of pixel values
 * @param high of pixel values
 * @see <a href="https://arxiv.org/abs/1712.09665">Brown, Mané, Roy, Abadi and Gilmer (2017)</a>
 */
public record PatchAttack(int side, int steps, int restarts, double low, double high) implements Attack {
    public PatchAttack {
        if (side < 1 || steps < 1 || restarts < 1) throw new IllegalArgumentException(
                "PatchAttack: side is " + side + ", steps " + steps + ", restarts " + restarts + "; all are at least 1");
        if (!(low < high) || Double.isInfinite(high - low))
            throw new IllegalArgumentException("PatchAttack: values from " + low + " to " + high + "; a patch needs a finite range");
    }

    /** @param x (n, channels, height, width) */
    @Override public Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng) {
        if (x.rank() != 4 || x.size(2) < side || x.size(3) < side)
            throw new ShapeException("PatchAttack: x has shape " + x.shape() + "; it is (n, channels, height, width) of at least " + side);
        double pace = 2.5 * (high - low) / steps;
        return Autograd.noGrad(() -> {
            Tensor worst = x, most = AttackObjective.MARGIN.of(model.forward(x), classes).compute();
            for (int r = 0; r < restarts; r++) {
                var patch = places(x, rng);
                var z = patch.where(Tensor.full(x.dtype(), 0.5 * (low + high)), x).compute();
                for (int s = 0; s <= steps; s++) {
                    var at = Pgd.slope(t -> AttackObjective.MARGIN.of(model.forward(t), classes), z);
                    worst = Attack.rows(at.values().gt(most), z, worst).compute();
                    most = most.maximum(at.values()).compute();
                    z = patch.where(z.add(at.rows().sign().mul(pace)).clamp(low, high), x).compute();
                }
            }
            return worst;
        });
    }

    private Tensor places(Tensor x, Rng rng) {
        int n = (int) x.size(0), height = (int) x.size(2), width = (int) x.size(3);
        var inside = new boolean[n * height * width];
        for (int i = 0; i < n; i++) {
            int top = rng.nextInt(height - side + 1), left = rng.nextInt(width - side + 1);
            for (int h = top; h < top + side; h++) for (int w = left; w < left + side; w++) inside[(i * height + h) * width + w] = true;
        }
        return Tensor.of(inside, n, 1, height, width);
    }
}
