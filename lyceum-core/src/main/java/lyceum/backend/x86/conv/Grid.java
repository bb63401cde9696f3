package lyceum.backend.x86.conv;

import lyceum.backend.x86.conv.Tables.Columns;

/**
 * Positions over three axes seen as one line: position (i, j, k) of a padded block stands at {@code (i * size1 + j) * size2 + k}, so that moving by
 * a tap is moving along the line by one distance, whatever the position. Lines of the block end in positions that are no outputs; they are
 * computed and left out.
 *
 * @param sizes of the block
 */
record Grid(int[] sizes) {

    int volume() { return Math.multiplyExact(Math.multiplyExact(sizes[0], sizes[1]), sizes[2]); }

    int at(int i, int j, int k) { return (i * sizes[1] + j) * sizes[2] + k; }

    /** One past the last element that the vectors over {@code count} outputs read at {@code offset}. */
    int reach(int[] count, int offset, int lanes) { return offset + (at(count[0] - 1, count[1] - 1, count[2] - 1) / lanes + 1) * lanes; }

    /** The vectors that cover outputs {@code (0, 0, 0)} to {@code count - 1}, whose numbers are row-major in {@code count}. */
    Columns columns(int[] count, Element element, int lanes) {
        int line = at(count[0] - 1, count[1] - 1, count[2] - 1) + 1;
        var columns = new Columns((line + lanes - 1) / lanes, element, lanes);
        int output = 0;
        for (int from = 0; from < line; from += lanes) {
            int mask = 0;
            for (int lane = 0; lane < Math.min(lanes, line - from); lane++) {
                int at = from + lane, k = at % sizes[2], j = at / sizes[2] % sizes[1];
                if (k < count[2] && j < count[1]) mask |= 1 << lane;
            }
            columns.add((long) element.bytes * from, (long) element.bytes * output, element.wordMask(mask));
            output += Integer.bitCount(mask);
        }
        return columns;
    }
}
