/**
 * A language for kernels whose values are tiles, after Triton (Tillet, Kung and Cox, 2019): a kernel is a Java function over symbolic
 * {@link lyceum.backend.tile.Tile}s that is run once and recorded; what was recorded is run once for every program of a grid.
 *
 * <p>{@link lyceum.backend.tile.TileKernel} is where to start. {@link lyceum.backend.tile.TileBuilder} records
 * {@link lyceum.backend.tile.Instruction}s; a {@link lyceum.backend.tile.TileDevice} runs them: {@code interpreter} one by one, with every address
 * checked, {@code vector} as classes over {@code jdk.incubator.vector} that are written when a kernel is first run.
 * {@link lyceum.backend.tile.Autotuner} chooses among tile shapes.
 */
package lyceum.backend.tile;
