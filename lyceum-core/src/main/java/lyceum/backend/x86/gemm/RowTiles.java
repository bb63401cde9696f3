package lyceum.backend.x86.gemm;

import static lyceum.backend.x86.asm.Gp.R8;

import java.util.function.IntConsumer;
import lyceum.backend.x86.asm.Assembler;
import lyceum.backend.x86.asm.Condition;

/** The loop over r8 rows of a kernel, tile by tile, and the rest by a smaller tile. */
final class RowTiles {
    private RowTiles() {}

    /** @param tile writes the code for so many rows, which leaves the pointers at the rows that follow */
    static void write(Assembler a, int most, IntConsumer tile) {
        var end = a.label();
        var rest = a.label();
        var next = a.bind(a.label());
        a.cmp(R8, most);
        a.jump(Condition.L, rest);
        tile.accept(most);
        a.sub(R8, most);
        a.jump(next);
        a.bind(rest);
        for (int rows = most - 1; rows > 0; rows--) {
            var smaller = a.label();
            a.cmp(R8, rows);
            a.jump(Condition.NE, smaller);
            tile.accept(rows);
            a.jump(end);
            a.bind(smaller);
        }
        a.bind(end);
    }
}
