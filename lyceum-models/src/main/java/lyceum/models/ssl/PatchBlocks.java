package lyceum.models.ssl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.models.ssl.BlockMasks.Block;
import lyceum.random.Rng;

/** Rectangles of patches on a grid. */
final class PatchBlocks {
    private PatchBlocks() {}

    /** All sizes whose share of the grid's area and whose rows over columns lie in these bounds. */
    static List<Block> sizes(int high, int wide, double least, double most, double flat, double tall) {
        var found = new ArrayList<Block>();
        double slack = 1e-9; // 0.15 of 20 patches is a little over 3
        for (int r = 1; r <= high; r++) for (int c = 1; c <= wide; c++) {
            double area = r * c / (double) (high * wide), aspect = r / (double) c;
            if (area >= least - slack && area <= most + slack && aspect >= flat - slack && aspect <= tall + slack)
                found.add(new Block(r, c));
        }
        return found;
    }

    /** Exactly so many patches, in rectangles of any place and of aspect 0.3 to 3.3, as far as they go: the masks of BEiT and iBOT. Ascending. */
    static int[] cover(int high, int wide, int count, Rng rng) {
        var taken = new boolean[high * wide];
        int left = Math.min(count, taken.length);
        while (left > 0) {
            double area = 1 + (left - 1) * rng.nextDouble(), log = Math.log(3.3) * (2 * rng.nextDouble() - 1);
            int rows = Math.clamp(Math.round(Math.sqrt(area * Math.exp(log))), 1, high);
            int columns = Math.clamp(Math.round(Math.sqrt(area * Math.exp(-log))), 1, wide);
            for (int place : new Block(rows, columns).anywhere(high, wide, rng)) {
                if (left == 0 || taken[place]) continue;
                taken[place] = true;
                left--;
            }
        }
        return numbers(taken);
    }

    /** Places that are true, ascending. */
    static int[] numbers(boolean[] places) {
        var found = new int[places.length];
        int count = 0;
        for (int i = 0; i < places.length; i++) if (places[i]) found[count++] = i;
        return Arrays.copyOf(found, count);
    }
}
