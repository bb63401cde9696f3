package lyceum.data.scenes;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Clouds of points on the surfaces of simple bodies, uniform by area, about the origin, scaled so that the farthest point is at distance 1.
 *
 * @param points of a cloud, at least 1
 * @param noise deviation of each coordinate, at least 0, before the scaling
 * @param spin how clouds are turned
 */
@Withers
public record PointShapes(int points, double noise, Spin spin) implements PointShapesWithers {

    /** The bodies: axes along z, cylinder and cone as high as they are wide, the torus of radii 1 and 0.4. */
    public enum Shape {
        SPHERE, CUBE, CYLINDER, CONE, TORUS
    }

    /** Turns. */
    public enum Spin {
        /** None. */
        UPRIGHT,
        /** By a random angle about the vertical axis. */
        VERTICAL,
        /** Any rotation, uniformly. */
        FREE
    }

    public PointShapes {
        if (points < 1 || !(noise >= 0))
            throw new IllegalArgumentException("PointShapes: " + points + " points, noise " + noise + "; at least 1 and 0");
    }

    /** 256 points without noise, turned in any way. */
    public PointShapes() { this(256, 0, Spin.FREE); }

    /** A cloud, (points, 3), F32. */
    public Tensor sample(Shape shape, Rng rng) {
        var x = new double[points][];
        double[][] turn = turn(rng);
        double farthest = 0;
        for (int i = 0; i < points; i++) {
            double[] p = point(shape, rng), q = new double[3];
            for (int k = 0; k < 3; k++) {
                for (int j = 0; j < 3; j++) q[k] += turn[k][j] * p[j];
                q[k] += noise * rng.nextGaussian();
            }
            farthest = Math.max(farthest, Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2]));
            x[i] = q;
        }
        var flat = new float[3 * points];
        for (int i = 0; i < flat.length; i++) flat[i] = (float) (x[i / 3][i % 3] / farthest);
        return Tensor.of(flat, points, 3);
    }

    /** Clouds of random shapes. @param clouds (n, points, 3) @param labels the shape's ordinal of each */
    public record Batch(Tensor clouds, int[] labels) {}

    /** {@code n} clouds of random shapes. */
    public Batch batch(int n, Rng rng) {
        var labels = new int[n];
        var clouds = new Tensor[n];
        for (int i = 0; i < n; i++) {
            labels[i] = rng.nextInt(Shape.values().length);
            clouds[i] = sample(Shape.values()[labels[i]], rng);
        }
        return new Batch(Tensor.stack(0, clouds), labels);
    }

    private static double[] point(Shape shape, Rng rng) {
        double angle = 2 * Math.PI * rng.nextDouble(), c = Math.cos(angle), s = Math.sin(angle);
        return switch (shape) {
            case SPHERE -> {
                double z = 2 * rng.nextDouble() - 1, r = Math.sqrt(1 - z * z);
                yield new double[] {r * c, r * s, z};
            }
            case CUBE -> {
                int face = rng.nextInt(6);
                var p = new double[] {2 * rng.nextDouble() - 1, 2 * rng.nextDouble() - 1, 2 * rng.nextDouble() - 1};
                p[face / 2] = face % 2 == 0 ? 1 : -1;
                yield p;
            }
            case CYLINDER -> {
                // Side 2 pi r h with h = 2, and two lids of pi: two thirds and a sixth each.
                double part = rng.nextDouble(), r = part < 2.0 / 3 ? 1 : Math.sqrt(rng.nextDouble());
                yield new double[] {r * c, r * s, part < 2.0 / 3 ? 2 * rng.nextDouble() - 1 : part < 5.0 / 6 ? 1 : -1};
            }
            case CONE -> {
                // Side pi r sqrt(r^2 + h^2) with r = 1, h = 2, and a base of pi; the centre of mass of the body is a quarter up.
                boolean side = rng.nextDouble() < Math.sqrt(5) / (1 + Math.sqrt(5));
                double r = Math.sqrt(rng.nextDouble());
                yield new double[] {r * c, r * s, side ? 2 * (1 - r) - 0.5 : -0.5};
            }
            case TORUS -> {
                double tube;
                do tube = 2 * Math.PI * rng.nextDouble(); while (rng.nextDouble() > (1 + 0.4 * Math.cos(tube)) / 1.4);
                double r = 1 + 0.4 * Math.cos(tube);
                yield new double[] {r * c, r * s, 0.4 * Math.sin(tube)};
            }
        };
    }

    private double[][] turn(Rng rng) {
        double w = 1, x = 0, y = 0, z = 0;
        if (spin == Spin.VERTICAL) {
            double half = Math.PI * rng.nextDouble();
            w = Math.cos(half);
            z = Math.sin(half);
        } else if (spin == Spin.FREE) {
            double n;
            do {
                w = rng.nextGaussian();
                x = rng.nextGaussian();
                y = rng.nextGaussian();
                z = rng.nextGaussian();
                n = Math.sqrt(w * w + x * x + y * y + z * z);
            } while (n < 1e-9);
            w /= n;
            x /= n;
            y /= n;
            z /= n;
        }
        return new double[][] {{1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)},
                {2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)},
                {2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)}};
    }
}
