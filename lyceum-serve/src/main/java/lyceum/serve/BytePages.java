package lyceum.serve;

import java.nio.ByteBuffer;
import java.util.HashMap;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * On the heap, eight bits a number and a scale for each position and head: {@code x = s c}, c from -127 to 127. What a step looks at is widened for it. A position's code
 * depends on that position alone, and every query reads codes, its own position's too, so that it does not matter in which parts a text came.
 */
final class BytePages implements KvPages {
    private final int blockSize, heads, d;
    private final byte[] keys, values;
    private final float[] keyScales, valueScales;

    BytePages(int blocks, int blockSize, int heads, int d) {
        this.blockSize = blockSize;
        this.heads = heads;
        this.d = d;
        int rows = Math.multiplyExact(Math.multiplyExact(blocks, blockSize), heads);
        keys = new byte[Math.multiplyExact(rows, d)];
        values = new byte[rows * d];
        keyScales = new float[rows];
        valueScales = new float[rows];
    }

    @Override public void write(Tensor k, Tensor v, int... slots) {
        if (k.size(0) != slots.length || v.size(0) != slots.length)
            throw new ShapeException("PagedKvCache: keys " + k.shape() + " and values " + v.shape() + " for " + slots.length + " slots");
        pack(k.detach().to(DType.F32).toFloatArray(), keys, keyScales, slots);
        pack(v.detach().to(DType.F32).toFloatArray(), values, valueScales, slots);
    }

    private void pack(float[] x, byte[] codes, float[] scales, int[] slots) {
        for (int i = 0; i < slots.length; i++) for (int h = 0; h < heads; h++) {
            int from = (i * heads + h) * d, row = slots[i] * heads + h;
            float most = 0;
            for (int c = 0; c < d; c++) most = Math.max(most, Math.abs(x[from + c]));
            scales[row] = most / 127;
            for (int c = 0; c < d; c++) codes[row * d + c] = most == 0 ? 0 : (byte) Math.round(x[from + c] / most * 127);
        }
    }

    @Override public Tensor attend(Attention attention, Tensor q, Where where) {
        long[] table = where.table().toLongArray(), lengths = where.lengths().toLongArray(), own = new long[table.length];
        var numbers = new HashMap<Integer, Integer>();
        int widest = (int) where.table().size(1);
        for (int r = 0; r < lengths.length; r++)
            for (int i = r * widest; i < r * widest + (lengths[r] + blockSize - 1) / blockSize; i++)
                own[i] = numbers.computeIfAbsent((int) table[i], _ -> numbers.size());
        float[] k = new float[numbers.size() * blockSize * heads * d], v = new float[k.length];
        numbers.forEach((block, number) -> {
            int from = block * blockSize * heads, to = number * blockSize * heads;
            for (int row = 0; row < blockSize * heads; row++) for (int c = 0; c < d; c++) {
                k[(to + row) * d + c] = keyScales[from + row] * keys[(from + row) * d + c];
                v[(to + row) * d + c] = valueScales[from + row] * values[(from + row) * d + c];
            }
        });
        return where.renumbered(own).of(attention).of(q.to(DType.F32), pages(k), pages(v)).to(q.dtype()).compute();
    }

    private Tensor pages(float[] x) { return Tensor.of(x, x.length / (blockSize * heads * d), blockSize, heads, d).transpose(1, 2); }

    @Override public void copy(int from, int to) { write(read(KvPages.slots(from, blockSize)), KvPages.slots(to, blockSize)); }

    @Override public int positionBytes() { return 2 * heads * (d + 4); }

    @Override public byte[] read(int... slots) {
        var out = ByteBuffer.allocate(slots.length * positionBytes());
        for (int side = 0; side < 2; side++) for (int slot : slots) {
            out.put(side == 0 ? keys : values, slot * heads * d, heads * d);
            for (int h = 0; h < heads; h++) out.putFloat((side == 0 ? keyScales : valueScales)[slot * heads + h]);
        }
        return out.array();
    }

    @Override public void write(byte[] bytes, int... slots) {
        var in = ByteBuffer.wrap(bytes);
        for (int side = 0; side < 2; side++) for (int slot : slots) {
            in.get(side == 0 ? keys : values, slot * heads * d, heads * d);
            for (int h = 0; h < heads; h++) (side == 0 ? keyScales : valueScales)[slot * heads + h] = in.getFloat();
        }
    }

    @Override public long bytes() { return keys.length + values.length + 4L * (keyScales.length + valueScales.length); }
}
