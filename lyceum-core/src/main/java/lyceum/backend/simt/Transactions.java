package lyceum.backend.simt;

import java.util.Arrays;

/** What a warp's access costs. */
final class Transactions {
    /** Words in a sector of 32 bytes. */
    private static final int SECTOR = 8;
    private static final int BANKS = 32;

    private Transactions() {}

    /** Sectors of global memory that hold the words; those of one buffer, which starts at a sector. @param words by lane, -1 for none */
    static int sectors(int[] words) { return distinct(words, SECTOR); }

    /** The least number of sectors into which as many words fit. */
    static int leastSectors(int[] words) { return Math.ceilDiv(distinct(words, 1), SECTOR); }

    private static int distinct(int[] words, int unit) {
        var units = new int[Warp.LANES];
        int n = 0;
        for (int word : words) if (word >= 0) units[n++] = word / unit;
        Arrays.sort(units, 0, n);
        int distinct = 0;
        for (int i = 0; i < n; i++) if (i == 0 || units[i] != units[i - 1]) distinct++;
        return distinct;
    }

    /** Passes over shared memory: a bank gives one word in a pass, to as many lanes as want it. @param words of the block's shared memory, -1 for none */
    static int passes(int[] words) {
        int most = 0;
        for (int bank = 0; bank < BANKS; bank++) {
            int n = 0;
            for (int lane = 0; lane < words.length; lane++)
                if (words[lane] >= 0 && words[lane] % BANKS == bank && isFirst(words, lane)) n++;
            most = Math.max(most, n);
        }
        return most;
    }

    private static boolean isFirst(int[] words, int lane) {
        for (int i = 0; i < lane; i++) if (words[i] == words[lane]) return false;
        return true;
    }
}
