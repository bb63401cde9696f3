package lyceum.backend.tile;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Arrays;
import lyceum.DType;
import lyceum.backend.View;

/** A kernel with a grid and its arguments, to be run as often as one likes. */
public final class TileLaunch {
    private final TileKernel kernel;
    private final int[] grid;
    private final Object[] arguments;
    private final MemorySegment[] buffers;
    private final int[] integers;
    private final float[] numbers;

    private TileLaunch(TileKernel kernel, int[] grid, Object[] arguments) {
        this.kernel = kernel;
        this.grid = grid;
        this.arguments = arguments;
        buffers = new MemorySegment[arguments.length];
        integers = new int[arguments.length];
        numbers = new float[arguments.length];
    }

    static TileLaunch of(TileKernel kernel, int[] grid, Object[] arguments) {
        var program = kernel.program();
        require(grid.length >= 1 && grid.length <= 3, program.name() + ": a grid of " + grid.length + " axes; it has one to three");
        for (int n : grid) require(n >= 0, program.name() + ": a grid of " + Arrays.toString(grid));
        require(arguments.length == program.parameters().size(),
                program.name() + " takes " + program.parameters() + ", not " + arguments.length + " arguments");
        var whole = new int[] {1, 1, 1};
        System.arraycopy(grid, 0, whole, 0, grid.length);
        require((long) whole[0] * whole[1] * whole[2] < Integer.MAX_VALUE, program.name() + ": a grid of " + Arrays.toString(grid));
        var launch = new TileLaunch(kernel, whole, arguments.clone());
        for (var p : program.parameters()) launch.bind(p, arguments[p.index()]);
        return launch;
    }

    private void bind(Parameter parameter, Object argument) {
        int p = parameter.index();
        switch (parameter.kind()) {
            case BUFFER -> buffers[p] = switch (argument) {
                case float[] array -> MemorySegment.ofArray(array);
                case View view when view.dtype() == DType.F32 && view.isContiguous() ->
                        view.storage().segment().asSlice(view.byteOffset(), view.size() * Float.BYTES);
                case View view -> throw new IllegalArgumentException(parameter + " is bound to a view of " + view.dtype() + ", shape "
                        + Arrays.toString(view.shape()) + "; it must be F32 and contiguous");
                case null, default -> throw unfit(parameter, argument, "a float[] or a View");
            };
            case INTEGER -> {
                if (!(argument instanceof Integer i)) throw unfit(parameter, argument, "an int");
                integers[p] = i;
            }
            case NUMBER -> {
                if (!(argument instanceof Float || argument instanceof Double)) throw unfit(parameter, argument, "a float or double");
                numbers[p] = ((Number) argument).floatValue();
            }
        }
    }

    private static IllegalArgumentException unfit(Parameter parameter, Object argument, String wanted) {
        return new IllegalArgumentException(
                parameter + " is bound to " + (argument == null ? "null" : argument.getClass().getSimpleName()) + "; it must be " + wanted);
    }

    /** Runs every program on the fastest device that this JVM has. */
    public void run() { run(TileDevice.fastest()); }

    /** Runs every program. @throws IllegalArgumentException from the interpreter, for the first fault: an address outside of a buffer, or a race */
    public void run(TileDevice device) {
        kernel.on(device).run(this);
        Reference.reachabilityFence(arguments);
    }

    /** Runs every program in the interpreter, to the end, and tells what it did wrong. Writes that would leave a buffer are left out. */
    public TileReport check() {
        var report = new TileInterpreter(this).run();
        Reference.reachabilityFence(arguments);
        return report;
    }

    /** The same launch with copies of the buffers that the kernel both reads and writes, which running it over and over would change. */
    TileLaunch onCopies() {
        var program = kernel.program();
        var copies = arguments.clone();
        for (var p : program.stored())
            if (program.loaded().contains(p)) copies[p.index()] = buffers[p.index()].toArray(ValueLayout.JAVA_FLOAT_UNALIGNED);
        return of(kernel, grid, copies);
    }

    public TileProgram program() { return kernel.program(); }

    /** Programs along the three axes. */
    public int[] grid() { return grid.clone(); }

    /** How many programs there are. */
    public int programs() { return grid[0] * grid[1] * grid[2]; }

    /** Program {@code number} of {@link #programs} along {@code axis}; the first axis runs fastest. */
    public int programId(int number, int axis) {
        return switch (axis) {
            case 0 -> number % grid[0];
            case 1 -> number / grid[0] % grid[1];
            default -> number / grid[0] / grid[1];
        };
    }

    /** The memory of a parameter that is a buffer. */
    public MemorySegment buffer(Parameter parameter) { return buffers[parameter.index()]; }

    public int integer(Parameter parameter) { return integers[parameter.index()]; }

    public float number(Parameter parameter) { return numbers[parameter.index()]; }

    private static void require(boolean holds, String otherwise) { if (!holds) throw new IllegalArgumentException(otherwise); }
}
