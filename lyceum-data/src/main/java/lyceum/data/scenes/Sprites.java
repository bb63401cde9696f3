package lyceum.data.scenes;

import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Pictures of one square on black that a few known, independent factors make: place across, place down, size and shade. What disentangling is tried on.
 *
 * {@snippet :
 * var sprites = new Sprites(16);
 * int[][] factors = sprites.draw(1000, Rng.of(1));              // numbers of levels, one a factor
 * Tensor pictures = sprites.pictures(factors);                  // (1000, 1, 16, 16)
 * Sprites.Pairs pairs = sprites.pairs(1000, 1, Rng.of(2));      // two of each kind, one factor changed
 * }
 *
 * <p>Places are even between the edges, sizes even from a quarter to a half of the side, shades even from 0.4 to 1; the edges of a square that does not begin at a pixel are smooth.
 * A factor of one level does not vary: its level is the middle.
 *
 * @param side of the pictures in pixels, at least 4
 * @param places levels of either place
 * @param sizes levels of the size
 * @param shades levels of the shade
 */
@Withers
public record Sprites(int side, int places, int sizes, int shades) implements SpritesWithers {
    /** Numbers of factors in the order of {@link #levels()}. */
    public static final int ACROSS = 0, DOWN = 1, SIZE = 2, SHADE = 3, FACTORS = 4;

    public Sprites {
        if (side < 4 || places < 1 || sizes < 1 || shades < 1) throw new IllegalArgumentException("Sprites: " + places + " places, " + sizes
                + " sizes and " + shades + " shades in pictures of " + side + "; at least 1 of each, and a side of 4");
    }

    /** Eight places, three sizes, three shades. */
    public Sprites(int side) { this(side, 8, 3, 3); }

    /** How many levels each factor has. */
    public int[] levels() { return new int[] {places, places, sizes, shades}; }

    /** How many pictures there are. */
    public int count() { return places * places * sizes * shades; }

    /** The factors of every picture, the last changing fastest. */
    public int[][] all() {
        var all = new int[count()][FACTORS];
        int[] levels = levels();
        for (int i = 0; i < all.length; i++) for (int f = FACTORS - 1, rest = i; f >= 0; rest /= levels[f--]) all[i][f] = rest % levels[f];
        return all;
    }

    /** Factors of n pictures, every level as likely as another. */
    public int[][] draw(int n, Rng rng) {
        var drawn = new int[n][FACTORS];
        int[] levels = levels();
        for (int[] one : drawn) for (int f = 0; f < FACTORS; f++) one[f] = rng.nextInt(levels[f]);
        return drawn;
    }

    /** Factors of pictures two by two. @param first of each pair @param second of each pair */
    public record Pairs(int[][] first, int[][] second) {}

    /**
     * Pairs that share all factors but some.
     *
     * @param changed how many factors that vary are drawn anew in the second picture; which ones is drawn for each pair
     */
    public Pairs pairs(int n, int changed, Rng rng) {
        int[] levels = levels();
        var varying = new int[FACTORS];
        int count = 0;
        for (int f = 0; f < FACTORS; f++) if (levels[f] > 1) varying[count++] = f;
        if (changed < 1 || changed > count)
            throw new IllegalArgumentException("Sprites.pairs: " + changed + " factors changed of " + count + " that vary; at least 1");
        int[][] first = draw(n, rng), second = new int[n][];
        for (int i = 0; i < n; i++) {
            second[i] = first[i].clone();
            for (int at : rng.sample(count, changed)) second[i][varying[at]] = rng.nextInt(levels[varying[at]]);
        }
        return new Pairs(first, second);
    }

    /** Pictures (n, 1, side, side), F32 in [0, 1]. */
    public Tensor pictures(int[][] factors) {
        int area = side * side;
        var pixels = new float[factors.length * area];
        int[] levels = levels();
        for (int i = 0; i < factors.length; i++) {
            for (int f = 0; f < FACTORS; f++)
                if (factors[i][f] < 0 || factors[i][f] >= levels[f])
                    throw new IllegalArgumentException("Sprites: level " + factors[i][f] + " of factor " + f + "; 0 to " + (levels[f] - 1));
            double size = side / 4.0 * (1 + part(factors[i][SIZE], sizes)), free = side - size;
            double left = free * part(factors[i][ACROSS], places), top = free * part(factors[i][DOWN], places),
                    shade = 0.4 + 0.6 * part(factors[i][SHADE], shades);
            for (int y = 0; y < side; y++)
                for (int x = 0; x < side; x++)
                    pixels[i * area + y * side + x] = (float) (shade * covered(x, left, size) * covered(y, top, size));
        }
        return Tensor.of(pixels, factors.length, 1, side, side);
    }

    private static double part(int level, int levels) { return levels == 1 ? 0.5 : (double) level / (levels - 1); }

    /** The part of pixel {@code [at, at + 1]} between start and start + size. */
    private static double covered(int at, double start, double size) {
        return Math.max(0, Math.min(at + 1, start + size) - Math.max(at, start));
    }
}
