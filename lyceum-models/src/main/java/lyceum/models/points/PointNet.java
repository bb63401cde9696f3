package lyceum.models.points;

import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.nn.Dropout;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * A network on clouds of points, {@code gamma(max over i of h(x_i))}: layers that treat each point alike, a maximum over the points, layers behind it. Any order of the
 * points gives the same bits. With transforms, a small network of the same kind finds a 3 x 3 matrix for the coordinates and one for the features; the latter is held
 * near orthogonal by a penalty, which {@link lyceum.train.BatchLoss#of} adds.
 *
 * {@snippet :
 * var net = PointNet.create(PointNetConfig.small(5), Rng.of(1));
 * Tensor logits = net.forward(clouds);                          // (clouds, points, 3) to (clouds, 5)
 * boolean[] skeleton = net.critical(cloud);                     // those points of one cloud that decide its global feature
 * }
 *
 * <p>Clouds have the same number of points: pad by repeating real ones. Scale them to the unit sphere.
 *
 * @see <a href="https://arxiv.org/abs/1612.00593">Qi, Su, Mo and Guibas (2017)</a>
 */
public final class PointNet extends Module {
    private final PointNetConfig config;
    private final Transform input_transform, feature_transform;
    private final PointMlp local, trunk, head;
    private final Linear out;

    /** A matrix for each cloud, the identity at first. */
    private static final class Transform extends Module {
        private final PointMlp trunk, head;
        private final Linear out;
        private final int size;

        Transform(int inputs, int size, PointNetConfig c, Rng rng) {
            this.size = size;
            trunk = new PointMlp(inputs, c.transformTrunk(), c.norm(), c.dtype(), rng);
            head = new PointMlp(c.transformTrunk().getLast(), c.transformHead(), c.norm(), c.dtype(), rng);
            int width = c.transformHead().isEmpty() ? c.transformTrunk().getLast() : c.transformHead().getLast();
            out = new Linear(width, (long) size * size, true, c.dtype(), Init.normal(1e-3), rng);
            Autograd.noGrad(() -> out.bias().zero_());
        }

        @Override protected Tensor compute(Tensor x, Pass pass) {
            var pooled = trunk.forward(x, pass).max(1);
            return out.forward(head.forward(pooled, pass), pass).reshape(x.size(0), size, size).add(Tensor.eye(x.dtype(), size));
        }
    }

    private PointNet(PointNetConfig c, Rng rng) {
        config = c;
        int own = c.local().getLast();
        input_transform = c.transforms() ? new Transform(c.inputs(), 3, c, rng) : null;
        local = new PointMlp(c.inputs(), c.local(), c.norm(), c.dtype(), rng);
        feature_transform = c.transforms() ? new Transform(own, own, c, rng) : null;
        trunk = new PointMlp(own, c.trunk(), c.norm(), c.dtype(), rng);
        int global = c.trunk().getLast() + (c.segments() ? own : 0);
        head = new PointMlp(global, c.head(), c.norm(), c.dtype(), rng);
        out = new Linear(c.head().isEmpty() ? global : c.head().getLast(), c.classes(), true, c.dtype(), Init.glorotUniform(), rng);
    }

    public static PointNet create(PointNetConfig config, Rng rng) { return new PointNet(config, rng); }

    public PointNetConfig config() { return config; }

    /** What each stage gives each point. */
    private record Stages(Tensor coordinates, Tensor own, Tensor trunk) {}

    private Stages stages(Tensor x, Pass pass) {
        if (x.rank() != 3 || x.size(2) != config.inputs() || x.size(1) < 1) throw new ShapeException(
                "PointNet: clouds " + x.shape() + "; they are (clouds, points, " + config.inputs() + "), of one point at least");
        var turned = x;
        if (input_transform != null) {
            var xyz = x.narrow(2, 0, 3).matmul(input_transform.forward(x, pass));
            turned = config.inputs() == 3 ? xyz : Tensor.concat(2, xyz, x.narrow(2, 3, config.inputs() - 3));
        }
        Tensor before = local.forward(turned, pass), own = before;
        if (feature_transform != null) {
            var a = feature_transform.forward(before, pass);
            pass.penalty(() -> a.matmul(a.transpose(1, 2)).sub(Tensor.eye(a.dtype(), a.size(1))).square().sum(1, 2).mean()
                    .mul(config.penalty()));
            own = before.matmul(a);
        }
        return new Stages(turned, own, trunk.forward(own, pass));
    }

    /** Logits: (clouds, points, inputs) to (clouds, classes), or to (clouds, points, classes) for segments. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var stages = stages(x, pass);
        var global = stages.trunk.max(1);
        if (config.segments()) global = Tensor.concat(2, stages.own, global.unsqueeze(1).expand(x.size(0), x.size(1), global.size(1)));
        return out.forward(new Dropout(config.dropout()).forward(head.forward(global, pass), pass), pass);
    }

    /** The maxima over the points, (clouds, width): all that the head sees. Predicting. */
    public Tensor globalFeature(Tensor x) { return stages(x, Pass.inference()).trunk.max(1).detach(); }

    /**
     * Which points of one cloud (points, inputs) win a maximum, in the trunk or, with transforms, in one of theirs: without all others the global feature is the same
     * to the bit. Of equal ones the first wins.
     */
    public boolean[] critical(Tensor cloud) {
        var x = cloud.unsqueeze(0);
        var pass = Pass.inference();
        var wins = new boolean[(int) cloud.size(0)];
        mark(wins, stages(x, pass).trunk);
        if (input_transform == null) return wins;
        mark(wins, input_transform.trunk.forward(x, pass));
        mark(wins, feature_transform.trunk.forward(local.forward(stages(x, pass).coordinates, pass), pass));
        return wins;
    }

    private static void mark(boolean[] wins, Tensor features) {
        for (long i : features.detach().select(0, 0).argmax(0).to(DType.I64).toLongArray()) wins[(int) i] = true;
    }
}
