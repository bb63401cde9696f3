package lyceum.backend.x86.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import lyceum.backend.Parallel;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.quant.BlockMatrix;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Float weights as {@link FloatKernel} reads them: panels of sixteen rows, for each position the sixteen weights side by side. A copy pays: rows as
 * they lie in a file are read in pages of 4 KiB, at 17 GB/s where large pages give 28 (Zen 4, one thread), and the activations of a long row do
 * not stay in the first-level cache.
 *
 * @param positions of a row, with padding to whole fours
 */
record PackedFloats(Storage storage, int positions, long panelBytes, int group) {

    static PackedFloats of(BlockMatrix weights) {
        int bytes = weights.format().blockBytes(), k = (int) weights.columns(),
                positions = (k + FloatKernel.CHAINS - 1) / FloatKernel.CHAINS * FloatKernel.CHAINS;
        long panelBytes = (long) positions * Layout.ROWS * bytes, panels = (weights.rows() + Layout.ROWS - 1) / Layout.ROWS;
        var storage = Allocator.allocate(Math.max(64, panels * panelBytes), null);
        int group = PanelWalk.panels(panelBytes);
        if (k != positions || weights.rows() % Layout.ROWS != 0)
            storage.segment().asSlice(storage.base(), panels * panelBytes).fill((byte) 0);
        Parallel.range(panels, Math.max(1, (1 << 18) / Math.max(1, panelBytes)), (from, to) -> {
            for (long p = from; p < to; p++) {
                long first = p / group * group, beside = Math.min(group, panels - first);
                for (int i = 0; i < positions; i += PanelWalk.POSITIONS) {
                    int some = Math.min(PanelWalk.POSITIONS, positions - i);
                    long at = storage.base() + first * panelBytes + (beside * i + (p - first) * some) * Layout.ROWS * bytes;
                    for (int r = 0; r < Layout.ROWS && p * Layout.ROWS + r < weights.rows(); r++) {
                        row(weights.segment(), weights.rowAt(p * Layout.ROWS + r) + (long) i * bytes, Math.min(some, k - i), bytes,
                                storage.segment().asSlice(at), r);
                    }
                }
            }
        });
        return new PackedFloats(storage, positions, panelBytes, group);
    }

    private static void row(MemorySegment from, long at, int k, int bytes, MemorySegment panel, int r) {
        if (bytes == 2)
            for (int i = 0; i < k; i++) panel.set(BlockFormat.SHORT, 2L * (16 * i + r), from.get(BlockFormat.SHORT, at + 2L * i));
        else for (int i = 0; i < k; i++)
            panel.set(ValueLayout.JAVA_INT_UNALIGNED, 4L * (16 * i + r), from.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * i));
    }

    /** Where the first panel of a group begins. */
    long address(long panel) { return storage.address() + panel * panelBytes; }
}
