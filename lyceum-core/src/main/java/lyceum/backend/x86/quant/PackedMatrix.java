package lyceum.backend.x86.quant;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;
import lyceum.backend.Parallel;
import lyceum.backend.quant.BlockFormat;
import lyceum.backend.quant.BlockMatrix;
import lyceum.backend.quant.Codes;
import lyceum.memory.Allocator;
import lyceum.memory.Storage;

/**
 * Weights as the kernels read them: panels of sixteen rows, each its chunks in order. See {@link Layout}.
 *
 * @param hasLeast whether a code of Q8_0 is -128, which the AVX2 kernel cannot negate; writers give -127 at most
 */
record PackedMatrix(Layout layout, Storage storage, int chunks, long panelBytes, boolean hasLeast) {

    static PackedMatrix of(BlockMatrix weights) {
        var layout = Layout.of(weights.format());
        int chunks = layout.chunks(weights.columns());
        long panelBytes = (long) chunks * layout.chunkBytes(), panels = (weights.rows() + Layout.ROWS - 1) / Layout.ROWS;
        var storage = Allocator.allocate(Math.max(64, panels * panelBytes), null);
        var least = new AtomicBoolean();
        Parallel.range(panels, 1, (from, to) -> {
            var panel = new Panel(weights, layout, storage.segment());
            for (long p = from; p < to; p++) {
                storage.segment().asSlice(storage.base() + p * panelBytes, panelBytes).fill((byte) 0);
                for (int r = 0; r < Layout.ROWS && p * Layout.ROWS + r < weights.rows(); r++) panel.row(p * Layout.ROWS + r, r, storage.base() + p * panelBytes);
            }
            if (panel.hasLeast) least.set(true);
        });
        return new PackedMatrix(layout, storage, chunks, panelBytes, least.get());
    }

    long address(long panel) { return storage.segment().address() + storage.base() + panel * panelBytes; }

    /** Writes rows into their places. */
    private static final class Panel {
        private final BlockMatrix weights;
        private final BlockFormat format;
        private final Layout layout;
        private final MemorySegment from, to;
        private final Codes codes;
        boolean hasLeast;

        Panel(BlockMatrix weights, Layout layout, MemorySegment to) {
            this.weights = weights;
            this.format = weights.format();
            this.layout = layout;
            this.from = weights.segment();
            this.to = to;
            this.codes = new Codes(format);
        }

        void row(long row, int r, long panel) {
            long at = weights.rowAt(row);
            for (int k = 0; k < weights.columns(); k += format.blockLength(), at += format.blockBytes()) {
                format.decode(from, at, codes);
                long chunk = panel + (long) (k / layout.length) * layout.chunkBytes();
                if (layout.length == 256) superBlock(at, chunk, r);
                for (int i = 0; i < format.blockLength(); i += 32) {
                    int inChunk = (k + i) % layout.length;
                    chunk = panel + (long) ((k + i) / layout.length) * layout.chunkBytes();
                    if (layout.length == 64) flat(at, chunk, inChunk / 32, r);
                    block(chunk + layout.head + (long) (inChunk / 32) * layout.blockBytes(), i, r);
                }
            }
        }

        private void flat(long at, long chunk, int block, int r) {
            to.set(BlockFormat.SHORT, chunk + 32 * block + 2 * r, from.get(BlockFormat.SHORT, at));
            if (layout == Layout.NIBBLES_WITH_ZERO) to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * block + r, (byte) (from.get(ValueLayout.JAVA_BYTE, at + 2) & 15));
        }

        private void superBlock(long at, long chunk, int r) {
            if (layout == Layout.Q6_K) {
                to.set(BlockFormat.SHORT, chunk + 2 * r, from.get(BlockFormat.SHORT, at + 208));
                for (int g = 0; g < 16; g++) to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * g + r, from.get(ValueLayout.JAVA_BYTE, at + 192 + g));
            } else {
                to.set(BlockFormat.SHORT, chunk + 2 * r, from.get(BlockFormat.SHORT, at));
                to.set(BlockFormat.SHORT, chunk + 32 + 2 * r, from.get(BlockFormat.SHORT, at + 2));
                for (int i = 0; i < 12; i++) to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * i + r, from.get(ValueLayout.JAVA_BYTE, at + 4 + i));
            }
        }

        /** The 32 codes from {@code i} of row {@code r}. */
        private void block(long at, int i, int r) {
            for (int p = 0; p < 32; p++) {
                int code = codes.code[i + p], v = p / 4, lane = 4 * r + p % 4;
                switch (layout.bits) {
                    case 8 -> {
                        hasLeast |= code == 0;
                        to.set(ValueLayout.JAVA_BYTE, at + 64 * v + lane, (byte) code);
                    }
                    case 6 -> {
                        long unit = at + 192 * (v / 4);
                        or(unit + 64 * (v % 4 / 2) + lane, (code & 15) << 4 * (v & 1));
                        or(unit + 128 + lane, code >> 4 << 2 * (v % 4));
                    }
                    default -> {
                        or(at + 64 * (v / 2) + lane, (code & 15) << 4 * (v & 1));
                        if (layout.bits == 5) or(at + 256 + lane, code >> 4 << v);
                    }
                }
            }
        }

        private void or(long at, int bits) { to.set(ValueLayout.JAVA_BYTE, at, (byte) (to.get(ValueLayout.JAVA_BYTE, at) | bits)); }
    }
}
