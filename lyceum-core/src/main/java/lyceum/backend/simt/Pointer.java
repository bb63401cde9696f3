package lyceum.backend.simt;

/**
 * An array that a kernel reads and writes: in global memory, given at the launch, or in the shared memory that each block has for itself.
 * An element outside of it is an error of the launch that names thread and index.
 */
public final class Pointer {
    final KernelBuilder kernel;
    private final String name;
    private final Type type;
    /** Of shared memory: elements, and the place of the first among all shared words; of global memory -1, and the place among the parameters. */
    final int length, place;

    Pointer(KernelBuilder kernel, String name, Type type, int length, int place) {
        this.kernel = kernel;
        this.name = name;
        this.type = type;
        this.length = length;
        this.place = place;
    }

    public String name() { return name; }

    public Type type() { return type; }

    public boolean isShared() { return length >= 0; }

    /** The element there. */
    public Value load(Value index) { return kernel.load(this, index); }

    /** Writes the element there. */
    public void store(Value index, Value value) { kernel.store(this, index, value); }

    /** Adds to the element there, in one step that no other thread can come between. @return what it was before */
    public Value atomicAdd(Value index, Value value) { return kernel.atomicAdd(this, index, value); }
}
