package lyceum.backend.code;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How a block of memory is laid out by which a kernel is told what does not fit its registers. Each field is declared once, and both the generator, which
 * reads it, and the caller, who writes it, go by its name.
 *
 * {@snippet :
 * var layout = new ArgumentLayout();
 * ArgumentLayout.Field x = layout.word(), count = layout.word();
 *
 * int offset = x.at();          // where the kernel reads it
 * x.set(block, data.address()); // before the call
 * }
 */
public final class ArgumentLayout {
    private int bytes;

    /** The next 8 bytes. */
    public Field word() { return next(8); }

    /** As many bytes from the next multiple of {@code bytes} on, a power of two: a vector. */
    public Field vector(int bytes) {
        this.bytes = (this.bytes + bytes - 1) & -bytes;
        return next(bytes);
    }

    private Field next(int size) {
        var field = new Field(bytes);
        bytes += size;
        return field;
    }

    /** Of all fields so far. */
    public int bytes() { return bytes; }

    /** @param at bytes from the start of the block */
    public record Field(int at) {
        public void set(MemorySegment block, long value) { set(block, 0, value); }

        /** In a block that begins at byte {@code from} of the memory. */
        public void set(MemorySegment memory, long from, long value) { memory.set(ValueLayout.JAVA_LONG_UNALIGNED, from + at, value); }

        public long get(MemorySegment block) { return get(block, 0); }

        public long get(MemorySegment memory, long from) { return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, from + at); }
    }
}
