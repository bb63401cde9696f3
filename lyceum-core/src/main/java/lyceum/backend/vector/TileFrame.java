package lyceum.backend.vector;

import java.lang.foreign.MemorySegment;
import lyceum.backend.tile.TileLaunch;

/** What one thread computes a compiled kernel's programs in: an array a stored tile, an element a whole number. Written classes read its fields. */
final class TileFrame {
    final float[][] tiles;
    final int[] integers;
    /** A vector, to be summed in the order of its lanes. */
    final float[] lanes = new float[FloatSteps.LANES.length()];
    MemorySegment[] buffers;

    TileFrame(TilePlan plan) {
        tiles = new float[plan.slots()][];
        for (int slot = 0; slot < tiles.length; slot++) tiles[slot] = new float[plan.length(slot)];
        integers = new int[plan.program().values()];
    }

    /** Takes the arguments that are the same for all programs of a launch. */
    void begin(TilePlan plan, TileLaunch launch) {
        buffers = new MemorySegment[plan.program().parameters().size()];
        for (var p : plan.program().parameters()) buffers[p.index()] = launch.buffer(p);
        for (var argument : plan.arguments()) {
            var value = argument.result();
            if (plan.isStored(value)) tiles[plan.slot(value)][0] = launch.number(argument.parameter());
            else integers[value.id()] = launch.integer(argument.parameter());
        }
    }

    void program(TilePlan plan, TileLaunch launch, int number) {
        for (var id : plan.programIds()) integers[id.result().id()] = launch.programId(number, id.axis());
    }
}
