package lyceum.train.robust;

import java.util.Objects;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Layer;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Random search that sees nothing but the model's answers: a square of the picture, or a run of a vector's entries, is changed by the whole budget, and
 * what raises the margin stays. The changed share falls from {@code share} as queries pass. What gradients hide does not hide from it.
 *
 * @param queries of each row, at least 1
 * @param share of a row that the first proposals change, in (0, 1]; 0.3 by default
 * @see <a href="https://arxiv.org/abs/1912.00049">Andriushchenko, Croce, Flammarion and Hein (2020)</a>
 */
@Withers
public record SquareAttack(ThreatModel threat, int queries, double share) implements Attack, SquareAttackWithers {
    /** Parts of 10,000 queries after which the share is halved. */
    private static final double[] HALVINGS = {0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8};

    public SquareAttack {
        Objects.requireNonNull(threat, "threat");
        if (queries < 1) throw new IllegalArgumentException("SquareAttack: queries is " + queries + "; it is at least 1");
        if (!(share > 0 && share <= 1)) throw new IllegalArgumentException("SquareAttack: share is " + share + "; it lies in (0, 1]");
    }

    public SquareAttack(ThreatModel threat, int queries) { this(threat, queries, 0.3); }

    /** @param x vectors (n, d) or pictures (n, channels, height, width) */
    @Override public Tensor perturb(Layer model, Tensor x, Tensor classes, Rng rng) {
        if (x.rank() != 2 && x.rank() != 4)
            throw new ShapeException("SquareAttack: x has shape " + x.shape() + "; it is (n, d) or (n, channels, height, width)");
        return Autograd.noGrad(() -> {
            int n = (int) x.size(0), channels = x.rank() == 4 ? (int) x.size(1) : 1, height = x.rank() == 4 ? (int) x.size(2) : 1,
                    width = (int) x.size(-1);
            // Stripes of both signs: a point far out to begin with.
            double[] begin = new double[n * channels * height * width], centre = x.toDoubleArray();
            double all = budget(channels * height * width);
            for (int i = 0; i < n; i++) for (int c = 0; c < channels; c++) for (int w = 0; w < width; w++) {
                double sign = rng.nextInt(2) == 0 ? -all : all;
                for (int h = 0; h < height; h++) begin[((i * channels + c) * height + h) * width + w] = sign;
            }
            for (int i = 0; i < begin.length; i++) begin[i] += centre[i];
            Tensor z = threat.project(like(x, begin), x), worst = z;
            var margin = AttackObjective.MARGIN.of(model.forward(z), classes).compute();
            for (int q = 1; q < queries; q++) {
                double[] proposal = z.toDoubleArray();
                for (int i = 0; i < n; i++) propose(proposal, centre, i, channels, height, width, share(q), rng);
                z = threat.project(like(x, proposal), x);
                var at = AttackObjective.MARGIN.of(model.forward(z), classes).compute();
                worst = Attack.rows(at.gt(margin), z, worst).compute();
                margin = margin.maximum(at).compute();
                z = worst;
            }
            return worst;
        });
    }

    private double share(int query) {
        double part = (double) query / queries, now = share;
        for (double h : HALVINGS) if (part > h) now /= 2;
        return now;
    }

    private double budget(int entries) {
        return switch (threat.norm()) {
            case LINF -> threat.epsilon();
            case L2 -> threat.epsilon() / Math.sqrt(entries);
            case L1 -> threat.epsilon() / entries;
        };
    }

    private void propose(double[] z, double[] centre, int row, int channels, int height, int width, double share, Rng rng) {
        int side = height == 1 ? Math.clamp(Math.round(share * width), 1, width)
                : Math.clamp(Math.round(Math.sqrt(share * height * width)), 1, Math.min(height, width));
        int tall = height == 1 ? 1 : side, top = rng.nextInt(height - tall + 1), left = rng.nextInt(width - side + 1);
        double size = budget(channels * tall * side);
        for (int c = 0; c < channels; c++) {
            double sign = rng.nextInt(2) == 0 ? -size : size;
            for (int h = top; h < top + tall; h++) for (int w = left; w < left + side; w++) {
                int at = ((row * channels + c) * height + h) * width + w;
                z[at] = centre[at] + (height == 1 && rng.nextInt(2) == 0 ? -sign : sign);
            }
        }
    }

    private static Tensor like(Tensor x, double[] values) { return Tensor.of(values, x.shape().toArray()).to(x.dtype()); }
}
