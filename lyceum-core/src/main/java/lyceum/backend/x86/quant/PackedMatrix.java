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
 * Weights as the kernels read them: panels of sixteen rows, their chunks in the order of a {@link PanelWalk}. See {@link Layout}.
 *
 * @param group panels of a group
 * @param hasLeast whether a code of Q8_0 is -128, which the AVX2 kernel cannot negate; writers give -127 at most
 */
record PackedMatrix(Layout layout, Storage storage, int chunks, long panelBytes, int group, boolean hasLeast) {

    static PackedMatrix of(BlockMatrix weights) {
        var layout = Layout.of(weights.format());
        int chunks = layout.chunks(weights.columns());
        long panelBytes = (long) chunks * layout.chunkBytes(), panels = (weights.rows() + Layout.ROWS - 1) / Layout.ROWS;
        var storage = Allocator.allocate(Math.max(64, panels * panelBytes), null);
        int group = PanelWalk.panels(panelBytes);
        var least = new AtomicBoolean();
        Parallel.range(Math.ceilDiv(panels, group), 1, (from, to) -> {
            var panel = new Panel(weights, layout, chunks, storage.segment());
            for (long g = from; g < to; g++) {
                long first = g * group, beside = Math.min(group, panels - first), at = storage.base() + first * panelBytes;
                storage.segment().asSlice(at, beside * panelBytes).fill((byte) 0);
                long rows = Math.min(beside * Layout.ROWS, weights.rows() - first * Layout.ROWS);
                for (int r = 0; r < rows; r++) panel.row(first * Layout.ROWS + r, r % Layout.ROWS, at, beside, r / Layout.ROWS);
            }
            if (panel.hasLeast) least.set(true);
        });
        return new PackedMatrix(layout, storage, chunks, panelBytes, group, least.get());
    }

    /** Where the first panel of a group begins. */
    long address(long panel) { return storage.address() + panel * panelBytes; }

    /** Writes rows into their places. */
    private static final class Panel {
        private final BlockMatrix weights;
        private final BlockFormat format;
        private final Layout layout;
        private final MemorySegment from, to;
        private final Codes codes;
        private final int chunks;
        boolean hasLeast;

        Panel(BlockMatrix weights, Layout layout, int chunks, MemorySegment to) {
            this.weights = weights;
            this.format = weights.format();
            this.layout = layout;
            this.chunks = chunks;
            this.from = weights.segment();
            this.to = to;
            this.codes = new Codes(format);
        }

        /** Row {@code r} of panel {@code panel} of the {@code beside} panels of the group at {@code group}. */
        void row(long row, int r, long group, long beside, int panel) {
            long at = weights.rowAt(row);
            for (int k = 0; k < weights.columns(); k += format.blockLength(), at += format.blockBytes()) {
                format.decode(from, at, codes);
                if (layout.length == 256) superBlock(at, group + chunkAt(k / 256, beside, panel), r);
                for (int i = 0; i < format.blockLength(); i += 32) {
                    int inChunk = (k + i) % layout.length;
                    long chunk = group + chunkAt((k + i) / layout.length, beside, panel);
                    if (layout.length == 64) flat(at, chunk, inChunk / 32, r);
                    block(chunk + layout.head + (long) (inChunk / 32) * layout.blockBytes(), i, r);
                }
            }
        }

        /** Bytes from a group to a chunk of one of its panels: see {@link PanelWalk}. */
        private long chunkAt(int chunk, long beside, int panel) {
            int span = PanelWalk.POSITIONS / layout.length, first = chunk / span * span;
            return (beside * first + (long) panel * Math.min(span, chunks - first) + chunk - first) * layout.chunkBytes();
        }

        private void flat(long at, long chunk, int block, int r) {
            to.set(BlockFormat.SHORT, chunk + 32 * block + 2 * r, from.get(BlockFormat.SHORT, at));
            if (layout == Layout.NIBBLES_WITH_ZERO)
                to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * block + r, (byte) (from.get(ValueLayout.JAVA_BYTE, at + 2) & 15));
        }

        private void superBlock(long at, long chunk, int r) {
            if (layout == Layout.Q6_K) {
                to.set(BlockFormat.SHORT, chunk + 2 * r, from.get(BlockFormat.SHORT, at + 208));
                for (int g = 0; g < 16; g++)
                    to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * g + r, from.get(ValueLayout.JAVA_BYTE, at + 192 + g));
            } else {
                to.set(BlockFormat.SHORT, chunk + 2 * r, from.get(BlockFormat.SHORT, at));
                to.set(BlockFormat.SHORT, chunk + 32 + 2 * r, from.get(BlockFormat.SHORT, at + 2));
                for (int i = 0; i < 12; i++)
                    to.set(ValueLayout.JAVA_BYTE, chunk + 64 + 16 * i + r, from.get(ValueLayout.JAVA_BYTE, at + 4 + i));
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
