package lyceum.backend.x86.asm;

import lyceum.backend.code.ArgumentLayout;

/**
 * Memory at {@code base + index * scale + displacement}, or at a {@code label} of the same code.
 *
 * @param base null for memory at a label
 * @param index a {@link Gp}, a {@link Vec} for gathers, or null
 * @param scale 1, 2, 4 or 8
 * @param label null for memory at a base
 * @param isBroadcast one element for all lanes
 * @param mask of a masked store, or null
 */
public record Mem(Gp base, Operand.Register index, int scale, int displacement, Label label, boolean isBroadcast, Mask mask)
        implements Operand {
    public Mem {
        if (Integer.bitCount(scale) != 1 || scale < 1 || scale > 8)
            throw new IllegalArgumentException("scale " + scale + "; there are 1, 2, 4 and 8");
        if (index == Gp.RSP) throw new IllegalArgumentException("rsp cannot be an index");
        if ((base == null) == (label == null)) throw new IllegalArgumentException("memory is at a base or at a label");
    }

    public static Mem at(Gp base) { return at(base, 0); }

    public static Mem at(Gp base, int displacement) { return new Mem(base, null, 1, displacement, null, false, null); }

    /** A field of the block of arguments that a register points to. */
    public static Mem at(Gp base, ArgumentLayout.Field field) { return at(base, field.at()); }

    public static Mem at(Gp base, Gp index, int scale) { return at(base, index, scale, 0); }

    public static Mem at(Gp base, Gp index, int scale, int displacement) {
        return new Mem(base, index, scale, displacement, null, false, null);
    }

    /** Addresses of a gather: one index for each lane. */
    public static Mem at(Gp base, Vec index, int scale) { return new Mem(base, index, scale, 0, null, false, null); }

    /** Data that stands in the code itself. */
    public static Mem at(Label label) { return new Mem(null, null, 1, 0, label, false, null); }

    public Mem plus(int bytes) { return new Mem(base, index, scale, Math.addExact(displacement, bytes), label, isBroadcast, mask); }

    /** One element for all lanes. */
    public Mem broadcast() { return new Mem(base, index, scale, displacement, label, true, mask); }

    /** Only the lanes of {@code lanes} are stored. */
    public Mem mask(Mask lanes) { return new Mem(base, index, scale, displacement, label, isBroadcast, lanes); }

    @Override public String toString() {
        var text = new StringBuilder("[").append(base == null ? "rip+" + label : base);
        if (index != null) text.append('+').append(index).append('*').append(scale);
        if (displacement != 0) text.append(displacement < 0 ? "-0x" : "+0x").append(Long.toHexString(Math.abs((long) displacement)));
        return text.append(']').toString();
    }
}
