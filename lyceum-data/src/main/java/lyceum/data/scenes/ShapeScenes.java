package lyceum.data.scenes;

import java.util.ArrayList;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pictures of bright shapes on dark ground with their boxes, classes and masks: what detectors and segmenters are tried on. Classes are 0
 * for discs, 1 for squares, 2 for triangles.
 *
 * {@snippet :
 * var scenes = new ShapeScenes(64);
 * ShapeScenes.Labelled scene = scenes.draw(Rng.of(1));
 * scene.picture();                    // (3, 64, 64), F32 in [0, 1]
 * scene.objects().getFirst().box();   // left, top, right, bottom in pixels, the ends excluded
 * }
 *
 * @param side of the pictures in pixels
 * @param least objects in a picture
 * @param most objects in a picture; fewer are drawn where no more fit
 * @param smallest side of an object
 * @param largest side of an object
 * @param gap pixels that boxes keep from each other; negative numbers let them overlap, later objects in front
 * @param noise deviation on each value
 */
@Withers
public record ShapeScenes(int side, int least, int most, int smallest, int largest, int gap, double noise) implements ShapeScenesWithers {
    /** How many classes there are. */
    public static final int CLASSES = 3;
    private static final int ATTEMPTS = 50;

    public ShapeScenes {
        if (smallest < 3 || largest < smallest || side < largest) throw new IllegalArgumentException(
                "ShapeScenes: objects of " + smallest + " to " + largest + " pixels in pictures of " + side + "; at least 3");
        if (least < 0 || most < least) throw new IllegalArgumentException("ShapeScenes: " + least + " to " + most + " objects");
        if (!(noise >= 0)) throw new IllegalArgumentException("ShapeScenes: noise is " + noise + "; at least 0");
    }

    /** One to four objects of an eighth to two fifths of the side, a pixel apart, noise 0.03. */
    public ShapeScenes(int side) { this(side, 1, 4, Math.max(3, side / 8), Math.max(3, side * 2 / 5), 1, 0.03); }

    /**
     * An object as it is seen: what others hide does not count.
     *
     * @param kind class number
     * @param box left, top, right, bottom of the visible pixels, the ends excluded
     * @param mask visible pixels, row by row
     */
    public record Shown(int kind, double[] box, boolean[] mask) {}

    /** @param picture (3, side, side) */
    public record Labelled(Tensor picture, List<Shown> objects) {
        /** Boxes (n, 4), F64. */
        public Tensor boxes() {
            var all = new double[4 * objects.size()];
            for (int i = 0; i < objects.size(); i++) System.arraycopy(objects.get(i).box, 0, all, 4 * i, 4);
            return Tensor.of(all, objects.size(), 4);
        }

        /** Class numbers. */
        public int[] kinds() { return objects.stream().mapToInt(Shown::kind).toArray(); }
    }

    /** A picture of its own. */
    public Labelled draw(Rng rng) {
        int wanted = least + rng.nextInt(most - least + 1);
        var placed = new ArrayList<int[]>(); // left, top, size, kind
        for (int attempt = 0; attempt < ATTEMPTS * wanted && placed.size() < wanted; attempt++) {
            int size = smallest + rng.nextInt(largest - smallest + 1), left = rng.nextInt(side - size + 1),
                    top = rng.nextInt(side - size + 1), kind = rng.nextInt(CLASSES);
            if (placed.stream().allMatch(p -> apart(p, left, top, size))) placed.add(new int[] {left, top, size, kind});
        }
        return painted(placed, rng);
    }

    /** Two discs of one size that touch in one pixel column, side by side: one component to a semantic map, two objects. */
    public Labelled touchingDiscs(Rng rng) {
        int size = smallest + rng.nextInt(Math.min(largest, side / 2) - smallest + 1), left = rng.nextInt(side - 2 * size + 1),
                top = rng.nextInt(side - size + 1);
        return painted(List.of(new int[] {left, top, size, 0}, new int[] {left + size, top, size, 0}), rng);
    }

    private boolean apart(int[] p, int left, int top, int size) {
        return left >= p[0] + p[2] + gap || p[0] >= left + size + gap || top >= p[1] + p[2] + gap || p[1] >= top + size + gap;
    }

    private Labelled painted(List<int[]> placed, Rng rng) {
        int area = side * side;
        var pixels = new float[3 * area];
        var owner = new int[area];
        for (int i = 0; i < placed.size(); i++) {
            int[] p = placed.get(i);
            float[] colour = {bright(rng), bright(rng), bright(rng)};
            for (int y = 0; y < p[2]; y++) for (int x = 0; x < p[2]; x++) {
                if (!holds(p[3], (x + 0.5) / p[2], (y + 0.5) / p[2])) continue;
                int at = (p[1] + y) * side + p[0] + x;
                owner[at] = i + 1;
                for (int c = 0; c < 3; c++) pixels[c * area + at] = colour[c];
            }
        }
        for (int i = 0; noise > 0 && i < pixels.length; i++) pixels[i] = (float) Math.clamp(pixels[i] + noise * rng.nextGaussian(), 0, 1);
        var shown = new ArrayList<Shown>();
        for (int i = 0; i < placed.size(); i++) {
            var mask = new boolean[area];
            double[] box = {side, side, 0, 0};
            for (int at = 0; at < area; at++) {
                if (owner[at] != i + 1) continue;
                mask[at] = true;
                box[0] = Math.min(box[0], at % side);
                box[1] = Math.min(box[1], at / side);
                box[2] = Math.max(box[2], at % side + 1);
                box[3] = Math.max(box[3], at / side + 1);
            }
            if (box[2] > box[0]) shown.add(new Shown(placed.get(i)[3], box, mask)); // what is wholly hidden is not there
        }
        return new Labelled(Tensor.of(pixels, 3, side, side), List.copyOf(shown));
    }

    private static float bright(Rng rng) { return (float) (0.4 + 0.6 * rng.nextDouble()); }

    /** Whether a place of the unit square lies in a shape of that kind. */
    private static boolean holds(int kind, double u, double v) {
        return switch (kind) {
            case 0 -> (u - 0.5) * (u - 0.5) + (v - 0.5) * (v - 0.5) <= 0.25;
            case 1 -> true;
            default -> Math.abs(u - 0.5) <= v / 2;
        };
    }
}
