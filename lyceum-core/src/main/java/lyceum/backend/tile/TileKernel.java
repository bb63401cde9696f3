package lyceum.backend.tile;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A kernel whose values are tiles: a function that is written once for one tile of the output, and run by every program of a grid. It is plain Java that
 * is run once, when the kernel is built; tile sizes are ordinary variables of it.
 *
 * <pre>{@code
 * int block = 256;
 * var add = TileKernel.of("add", k -> {
 *     TileBuffer x = k.buffer("x"), y = k.buffer("y"), out = k.buffer("out");
 *     Tile n = k.integer("n"), i = k.programId(0).mul(block).add(k.columns(block)), inside = i.lt(n);
 *     out.store(i, inside, x.load(i, inside, 0).add(y.load(i, inside, 0)));
 * });
 * add.bind(new int[] {TileKernel.blocks(n, block)}, x, y, out, n).run();
 * }</pre>
 *
 * <p>Programs run in any order and at the same time: none may write what another one reads or writes. {@link TileLaunch#check} tells whether one does.
 * Offsets are whole numbers of 32 bits. Source: Tillet, Kung and Cox (2019), Triton, MAPL.
 */
public final class TileKernel {
    private final TileProgram program;
    private final Map<TileDevice, TileDevice.Executable> made = new ConcurrentHashMap<>();

    private TileKernel(TileProgram program) { this.program = program; }

    /**
     * Records what {@code body} does.
     *
     * @throws IllegalArgumentException if it joins tiles whose types or shapes do not fit: names both
     */
    public static TileKernel of(String name, Consumer<TileBuilder> body) {
        var builder = new TileBuilder();
        body.accept(builder);
        return new TileKernel(builder.build(name));
    }

    /** How many blocks cover {@code n}. */
    public static int blocks(int n, int block) { return Math.ceilDiv(n, block); }

    /** What was recorded. */
    public TileProgram program() { return program; }

    /**
     * Binds the parameters, in the order of their declaration: a buffer to a {@code float[]} or a contiguous {@link lyceum.backend.View} of F32, an integer to an
     * {@code int}, a number to a {@code float} or {@code double}.
     *
     * @param grid programs along one to three axes
     * @throws IllegalArgumentException if one does not fit: names the parameter
     */
    public TileLaunch bind(int[] grid, Object... arguments) { return TileLaunch.of(this, grid, arguments); }

    TileDevice.Executable on(TileDevice device) {
        var executable = made.get(device);
        return executable != null ? executable : made.computeIfAbsent(device, d -> d.make(program));
    }

    /** The recorded instructions, one a line. */
    @Override public String toString() { return program.toString(); }
}
