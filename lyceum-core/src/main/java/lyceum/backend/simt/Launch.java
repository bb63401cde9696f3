package lyceum.backend.simt;

/** What a launch was given; the arguments are of the kernel's kinds. */
record Launch(Kernel kernel, Dim grid, Dim block, Object[] arguments) {
    Launch {
        kernel.check(arguments);
    }

    /** The bits of a number among the arguments. */
    int scalar(int argument) { return arguments[argument] instanceof Float f ? Float.floatToRawIntBits(f) : (Integer) arguments[argument]; }

    Buffer buffer(int argument) { return (Buffer) arguments[argument]; }
}
