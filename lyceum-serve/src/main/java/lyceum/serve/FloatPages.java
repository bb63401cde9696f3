package lyceum.serve;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.memory.Scope;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/** Off-heap, in a float type: (blocks, block size, heads, d), so that a position is one piece of memory and the kernel reads pages where they lie. */
final class FloatPages implements KvPages {
    private final Tensor keys, values; // (slots, heads, 1, d)
    private final Tensor keyPages, valuePages; // the same memory as attention reads it
    private final int blockSize;

    FloatPages(DType stored, int blocks, int blockSize, int heads, int d) {
        this.blockSize = blockSize;
        try (var kept = Scope.outside()) {
            keys = Tensor.zeros(stored, (long) blocks * blockSize, heads, 1, d).compute();
            values = Tensor.zeros(stored, (long) blocks * blockSize, heads, 1, d).compute();
            keyPages = pages(keys);
            valuePages = pages(values);
        }
    }

    @Override public void write(Tensor k, Tensor v, int... slots) {
        Autograd.noGrad(() -> {
            keys.setRows_(k, slots);
            values.setRows_(v, slots);
        });
    }

    private Tensor pages(Tensor slots) { return slots.reshape(-1, blockSize, slots.size(1), slots.size(3)).transpose(1, 2); }

    @Override public Tensor attend(Attention attention, Tensor q, Where where) {
        return where.of(attention).of(q, keyPages, valuePages).to(q.dtype()).compute();
    }

    @Override public void copy(int from, int to) { write(read(KvPages.slots(from, blockSize)), KvPages.slots(to, blockSize)); }

    @Override public int positionBytes() { return 2 * rowBytes(); }

    private int rowBytes() { return (int) (keys.size(1) * keys.size(3) * keys.dtype().bytes()); }

    @Override public byte[] read(int... slots) {
        int row = rowBytes();
        var bytes = new byte[slots.length * 2 * row];
        for (int i = 0; i < slots.length; i++) {
            move(keys, slots[i], bytes, i * row, true);
            move(values, slots[i], bytes, (slots.length + i) * row, true);
        }
        return bytes;
    }

    @Override public void write(byte[] bytes, int... slots) {
        int row = rowBytes();
        for (int i = 0; i < slots.length; i++) {
            move(keys, slots[i], bytes, i * row, false);
            move(values, slots[i], bytes, (slots.length + i) * row, false);
        }
    }

    private void move(Tensor held, int slot, byte[] bytes, int at, boolean reads) {
        var view = held.view();
        int row = rowBytes();
        var there = view.storage().segment().asSlice(view.byteOffset() + (long) slot * row, row);
        if (reads) MemorySegment.copy(there, ValueLayout.JAVA_BYTE, 0, bytes, at, row);
        else {
            MemorySegment.copy(bytes, at, there, ValueLayout.JAVA_BYTE, 0, row);
            view.storage().written();
        }
        Reference.reachabilityFence(held);
    }

    @Override public long bytes() { return 2 * keys.count() * keys.dtype().bytes(); }
}
