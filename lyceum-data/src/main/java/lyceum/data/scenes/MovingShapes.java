package lyceum.data.scenes;

import lyceum.data.scenes.Scene.Shape;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Clips of a white shape that moves evenly over black, with where it begins and how fast it goes. Edges are blurred by what they cover of a pixel, so that
 * places between pixels show.
 *
 * {@snippet :
 * var any = new MovingShapes(16, 8).draw(2000, rng);                  // any direction, up to a pixel a frame
 * any.velocity();                                                     // (2000, 2): right, down
 * var four = new MovingShapes(8, 8).withEdge(MovingShapes.Edge.WRAP).withSide(3).withDirections(4).draw(500, rng);
 * four.direction();                                                   // 0 right, 1 down, 2 left, 3 up
 * }
 *
 * @param size height and width of a frame in pixels
 * @param frames of a clip
 * @param side of the shape in pixels
 * @param speed pixels a frame: that of all clips with {@code directions}, the largest without
 * @param directions so many, evenly spread from the right on (clockwise as seen); 0 for any, at any speed up to {@code speed}, all velocities in that disc
 *         equally likely
 * @param shape what moves
 * @param edge what happens at the border
 */
@Withers
public record MovingShapes(int size, int frames, int side, double speed, int directions, Shape shape, Edge edge)
        implements MovingShapesWithers {
    private static final int FINE = 8;

    /** What happens at the border. */
    public enum Edge {
        /** The shape begins where the whole clip stays in the picture. */
        INSIDE,
        /** What leaves on one side comes in on the other; the shape begins anywhere. */
        WRAP
    }

    public MovingShapes {
        if (size < 2 || frames < 1 || side < 1 || side > size || directions < 0) throw new IllegalArgumentException("MovingShapes: size "
                + size + ", " + frames + " frames, side " + side + ", " + directions + " directions; at least 2, 1, 1 to the size, and 0");
        if (!(speed >= 0)) throw new IllegalArgumentException("MovingShapes: speed " + speed + "; it is at least 0");
        if (edge == Edge.INSIDE && side + speed * (frames - 1) > size) throw new IllegalArgumentException("MovingShapes: a shape of " + side
                + " that moves by " + speed * (frames - 1) + " does not stay in " + size + " pixels; let it WRAP, or be smaller or slower");
    }

    /** Squares of a quarter of the size, in any direction, up to a pixel a frame or as fast as stays inside. */
    public MovingShapes(int size, int frames) {
        this(size, frames, Math.max(1, size / 4), Math.min(1, (size - Math.max(1, size / 4)) / (double) Math.max(1, frames - 1)), 0,
                Shape.SQUARE, Edge.INSIDE);
    }

    /**
     * Clips by number.
     *
     * @param frames (n, frames, 1, size, size) in [0, 1], F32
     * @param position of the shape's middle in the first frame, (n, 2): from the left, from the top, in pixels, F64
     * @param velocity pixels a frame, (n, 2): to the right, down, F64
     * @param direction number of each clip's, I64 (n); -1 without {@code directions}
     */
    public record Clips(Tensor frames, Tensor position, Tensor velocity, Tensor direction) {}

    /** So many clips at random. */
    public Clips draw(int n, Rng rng) {
        if (n < 1) throw new IllegalArgumentException("MovingShapes.draw: " + n + " clips; at least 1");
        int pixels = frames * size * size;
        var all = new float[n * pixels];
        double[] position = new double[2 * n], velocity = new double[2 * n];
        var direction = new long[n];
        for (int i = 0; i < n; i++) {
            direction[i] = directions == 0 ? -1 : rng.nextInt(directions);
            double angle = 2 * Math.PI * (directions == 0 ? rng.nextDouble() : direction[i] / (double) directions);
            double fast = directions == 0 ? speed * Math.sqrt(rng.nextDouble()) : speed;
            double[] v = {fast * Math.cos(angle), fast * Math.sin(angle)};
            for (int axis = 0; axis < 2; axis++) {
                double moved = v[axis] * (frames - 1), low = side / 2.0 + Math.max(0, -moved),
                        high = size - side / 2.0 - Math.max(0, moved);
                velocity[2 * i + axis] = v[axis];
                position[2 * i + axis] = edge == Edge.WRAP ? size * rng.nextDouble() : low + (high - low) * rng.nextDouble();
            }
            paint(all, i * pixels, position[2 * i], position[2 * i + 1], v[0], v[1]);
        }
        return new Clips(Tensor.of(all, n, frames, 1, size, size), Tensor.of(position, n, 2), Tensor.of(velocity, n, 2),
                Tensor.of(direction));
    }

    /** One clip (frames, 1, size, size) of a shape whose middle is at (x, y) in the first frame, in pixels from the top left corner. */
    public Tensor clip(double x, double y, double right, double down) {
        var pixels = new float[frames * size * size];
        paint(pixels, 0, x, y, right, down);
        return Tensor.of(pixels, frames, 1, size, size);
    }

    private void paint(float[] out, int at, double x, double y, double right, double down) {
        double half = side / 2.0;
        for (int t = 0; t < frames; t++, at += size * size) {
            double cx = x + t * right, cy = y + t * down;
            for (int row = (int) Math.floor(cy - half); row <= cy + half; row++) {
                for (int column = (int) Math.floor(cx - half); column <= cx + half; column++) {
                    boolean outside = row < 0 || row >= size || column < 0 || column >= size;
                    if (outside && edge == Edge.INSIDE) continue;
                    out[at + Math.floorMod(row, size) * size + Math.floorMod(column, size)] += covered(column - cx, row - cy, half);
                }
            }
        }
    }

    /** Share of the pixel from (u, v) on that the shape about 0 covers, by points in it. */
    private float covered(double u, double v, double half) {
        if (shape == Shape.SQUARE) return (float) (overlap(u, half) * overlap(v, half));
        int inside = 0;
        for (int i = 0; i < FINE * FINE; i++) {
            double a = (u + (i % FINE + 0.5) / FINE) / half, b = (v + (i / FINE + 0.5) / FINE) / half;
            if (Math.abs(a) <= 1 && Math.abs(b) <= 1 && shape.holds(a, b)) inside++;
        }
        return inside / (float) (FINE * FINE);
    }

    private static double overlap(double from, double half) { return Math.max(0, Math.min(from + 1, half) - Math.max(from, -half)); }
}
