package lyceum.backend.simt;

/** A value that a kernel sets again: in a loop, or on one side of a branch. A step that reads it takes what it holds then. */
public final class Variable extends Value {
    Variable(KernelBuilder kernel, int register, Type type) { super(kernel, register, type); }

    /** Sets it, for the threads that come here. */
    public void set(Value value) { kernel.move(this, value); }
}
