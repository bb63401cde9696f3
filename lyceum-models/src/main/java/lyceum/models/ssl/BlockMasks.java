package lyceum.models.ssl;

import java.util.Arrays;
import java.util.List;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Blocks of patches to predict, and a context to predict them from. Each target is a rectangle of the grid; the context is a large one from which all targets
 * are cut out. With times, blocks are tubes: the same rectangle in each of them.
 *
 * {@snippet :
 * var masks = BlockMasks.images().draw(32, 14, 14, 1, rng);
 * masks.targets();                                      // (32, 4, patches of a block)
 * var tubes = BlockMasks.clips().draw(32, 14, 14, 8, rng);
 * }
 *
 * <p>One size for the targets of a batch and one for the contexts, drawn among those whole rectangles whose share of the area and rows over columns lie within
 * the bounds; places are drawn for each picture and block. Contexts are cut to the shortest of the batch, at random, so that no part of the picture is seen
 * less than another.
 *
 * @param targets blocks to predict
 * @param least share of the grid's area of each
 * @param most at most
 * @param flat rows over columns at least
 * @param tall at most
 * @param contextLeast share of the square context block before targets are cut out
 * @param contextMost at most
 * @see <a href="https://arxiv.org/abs/2301.08243">Assran et al. (2023)</a>
 * @see <a href="https://arxiv.org/abs/2404.08471">Bardes et al. (2024): tubes</a>
 */
@Withers
public record BlockMasks(int targets, double least, double most, double flat, double tall, double contextLeast, double contextMost)
        implements BlockMasksWithers {
    private static final int TRIES = 100;

    public BlockMasks {
        if (targets < 1) throw new IllegalArgumentException("BlockMasks: " + targets + " targets; at least 1");
        if (!(least > 0 && least <= most && most <= 1 && contextLeast > 0 && contextLeast <= contextMost && contextMost <= 1))
            throw new IllegalArgumentException("BlockMasks: shares of the area from " + least + " to " + most + " and from " + contextLeast
                    + " to " + contextMost + "; they rise, above 0 and up to 1");
        if (!(flat > 0 && flat <= tall)) throw new IllegalArgumentException("BlockMasks: rows over columns from " + flat + " to " + tall);
    }

    /** I-JEPA's: four targets of 15 to 20% with aspects of 0.75 to 1.5, a context of 85 to 100%. */
    public static BlockMasks images() { return new BlockMasks(4, 0.15, 0.2, 0.75, 1.5, 0.85, 1); }

    /** Two tubes of 40 to 60% of each frame, which leave about a quarter, and a context of all the rest. */
    public static BlockMasks clips() { return new BlockMasks(2, 0.4, 0.6, 0.75, 1.5, 1, 1); }

    /** A rectangle's size in patches. */
    public record Block(int rows, int columns) {
        /** Its patches anywhere on a grid of so many rows and columns, row by row. */
        int[] anywhere(int high, int wide, Rng rng) {
            int top = rng.nextInt(high - rows + 1), left = rng.nextInt(wide - columns + 1);
            var places = new int[rows * columns];
            for (int i = 0; i < places.length; i++) places[i] = (top + i / columns) * wide + left + i % columns;
            return places;
        }
    }

    /**
     * Numbers of patches, {@code (time * rows + row) * columns + column}.
     *
     * @param context I64 (pictures, seen), ascending; none of them is a target of its picture
     * @param targets I64 (pictures, blocks, patches of a block)
     * @param target size of the targets
     * @param block size of the context before targets are cut out
     * @param patches of the grid, over all times
     */
    public record Draw(Tensor context, Tensor targets, Block target, Block block, int patches) {}

    /** @param times of a clip; 1 for pictures @throws IllegalArgumentException if no rectangle of this grid has such a share and aspect */
    public Draw draw(int pictures, int rows, int columns, int times, Rng rng) {
        var size = one("target", PatchBlocks.sizes(rows, columns, least, most, flat, tall), rows, columns, rng);
        var around = one("context", contexts(rows, columns), rows, columns, rng);
        int area = size.rows() * size.columns(), grid = rows * columns, shortest = grid;
        var context = new int[pictures][];
        var blocks = new int[pictures][targets][];
        for (int i = 0; i < pictures; i++) {
            for (int attempt = 0; attempt < TRIES && (context[i] == null || context[i].length == 0); attempt++) {
                var seen = new boolean[grid];
                for (int place : around.anywhere(rows, columns, rng)) seen[place] = true;
                for (int b = 0; b < targets; b++) {
                    blocks[i][b] = size.anywhere(rows, columns, rng);
                    for (int place : blocks[i][b]) seen[place] = false;
                }
                context[i] = PatchBlocks.numbers(seen);
            }
            if (context[i].length == 0) throw new IllegalArgumentException(
                    "BlockMasks: targets left no context in " + TRIES + " draws; take fewer or smaller ones");
            shortest = Math.min(shortest, context[i].length);
        }
        long[] near = new long[pictures * times * shortest], far = new long[pictures * targets * times * area];
        int n = 0, f = 0;
        for (int i = 0; i < pictures; i++) {
            int[] kept = rng.sample(context[i].length, shortest);
            Arrays.sort(kept);
            for (int t = 0; t < times; t++) for (int k : kept) near[n++] = (long) t * grid + context[i][k];
            for (int[] block : blocks[i]) for (int t = 0; t < times; t++) for (int place : block) far[f++] = (long) t * grid + place;
        }
        return new Draw(Tensor.of(near).reshape(pictures, (long) times * shortest),
                Tensor.of(far).reshape(pictures, targets, (long) times * area), size, around, grid * times);
    }

    /** As square as the grid: rows over columns as the grid's, within a patch. */
    private List<Block> contexts(int rows, int columns) {
        return PatchBlocks.sizes(rows, columns, contextLeast, contextMost, 0, Double.MAX_VALUE).stream()
                .filter(s -> Math.abs(s.rows() * (double) columns / rows - s.columns()) < 1).toList();
    }

    private Block one(String what, List<Block> sizes, int rows, int columns, Rng rng) {
        if (sizes.isEmpty()) throw new IllegalArgumentException("BlockMasks: no " + what + " block on a grid of " + rows + " x " + columns
                + " patches fits " + this + "; widen the shares or aspects");
        return sizes.get(rng.nextInt(sizes.size()));
    }
}
