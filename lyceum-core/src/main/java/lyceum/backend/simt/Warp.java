package lyceum.backend.simt;

import static java.lang.Float.floatToRawIntBits;
import static java.lang.Float.intBitsToFloat;

import java.util.Arrays;

/**
 * 32 threads that execute one instruction together. Where they part, a stack keeps who waits: one side of a branch runs after the other, and a loop
 * runs until its last thread has left.
 */
final class Warp {
    static final int LANES = 32;

    private final Block block;
    private final int number;
    /** The threads that there are: a block's last warp may have fewer than 32. */
    private final int all;
    private final int[][] registers;
    private final int[] indices = new int[LANES];
    private int[] stack = new int[16];
    private int depth, at, active;

    Warp(Block block, int number) {
        this.block = block;
        this.number = number;
        int threads = Math.min(LANES, block.launch.block().count() - number * LANES);
        all = threads == LANES ? -1 : (1 << threads) - 1;
        active = all;
        registers = new int[block.launch.kernel().registers().size()][LANES];
        for (int r = 0; r < registers.length; r++) fill(block.launch.kernel().registers().get(r), registers[r]);
    }

    private void fill(Kernel.Register register, int[] lanes) {
        switch (register.origin()) {
            case CONSTANT -> Arrays.fill(lanes, register.which());
            case ARGUMENT -> Arrays.fill(lanes, block.launch.scalar(register.which()));
            case SPECIAL -> {
                for (int lane = 0; lane < LANES; lane++)
                    lanes[lane] = special(Kernel.Special.values()[register.which()], number * LANES + lane);
            }
            case COMPUTED -> {
            }
        }
    }

    private int special(Kernel.Special special, int thread) {
        Dim threads = block.launch.block(), blocks = block.launch.grid();
        return switch (special) {
            case THREAD_X -> thread % threads.x();
            case THREAD_Y -> thread / threads.x() % threads.y();
            case BLOCK_X -> block.number % blocks.x();
            case BLOCK_Y -> block.number / blocks.x() % blocks.y();
            case BLOCK_SIZE_X -> threads.x();
            case BLOCK_SIZE_Y -> threads.y();
            case GRID_SIZE_X -> blocks.x();
        };
    }

    /** Runs until a barrier, whose place it gives, or to the end, and gives -1. */
    int run() {
        var code = block.launch.kernel().code();
        while (at < code.size()) {
            var instruction = code.get(at);
            block.counters.issued(at, Integer.bitCount(active));
            if (instruction instanceof Instruction.Barrier barrier) {
                if (active != all) throw block.failure("barrier " + barrier.number() + " is reached by " + Integer.bitCount(active)
                        + " of the " + Integer.bitCount(all) + " threads of warp " + number + "; all of a block's threads must come to it");
                return at++;
            }
            execute(instruction);
        }
        return -1;
    }

    private void execute(Instruction instruction) {
        int next = at + 1;
        switch (instruction) {
            case Instruction.If(int condition, int otherwise) -> {
                int yes = active & holds(condition), no = active & ~yes;
                block.counters.branched(at, yes != 0 && no != 0);
                push(active);
                push(no);
                active = yes;
                if (yes == 0) next = otherwise;
            }
            case Instruction.Else(int end) -> {
                active = stack[--depth];
                if (active == 0) next = end;
            }
            case Instruction.EndIf e -> active = stack[--depth];
            case Instruction.Loop l -> push(active);
            case Instruction.While(int condition, int exit) -> {
                int stay = active & holds(condition);
                block.counters.branched(at, stay != 0 && stay != active);
                active = stay;
                if (stay == 0) {
                    active = stack[--depth];
                    next = exit;
                }
            }
            case Instruction.Again(int start) -> next = start;
            case Instruction.Load(int to, var from, int index) -> {
                access(from, index, Shadow.Access.READ);
                var memory = block.memory(from);
                for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) registers[to][lane] = memory[indices[lane]];
            }
            case Instruction.Store(var to, int index, int value) -> {
                access(to, index, Shadow.Access.WRITE);
                var memory = block.memory(to);
                for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) memory[indices[lane]] = registers[value][lane];
            }
            case Instruction.AtomicAdd(int old, var to, int index, int value) -> {
                access(to, index, Shadow.Access.ATOMIC);
                var memory = block.memory(to);
                for (int lane = 0; lane < LANES; lane++) {
                    if (!isActive(lane)) continue;
                    int was = memory[indices[lane]], plus = registers[value][lane];
                    registers[old][lane] = was;
                    memory[indices[lane]] = to.type() == Type.I32 ? was + plus
                            : floatToRawIntBits(intBitsToFloat(was) + intBitsToFloat(plus));
                }
            }
            case Instruction.Exchange(var how, int to, int a, int by) -> {
                if (active != -1) throw block.failure("a shuffle is reached by " + Integer.bitCount(active) + " of the 32 lanes of warp "
                        + number + "; the whole warp must come to it");
                var values = registers[a].clone();
                for (int lane = 0; lane < LANES; lane++) registers[to][lane] = values[how.from(lane, by)];
            }
            default -> compute(instruction);
        }
        at = next;
    }

    private void compute(Instruction instruction) {
        switch (instruction) {
            case Instruction.Unary(var op, var apply, int to, int a) -> {
                int[] x = registers[a], z = registers[to];
                for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) z[lane] = apply.applyAsInt(x[lane]);
            }
            case Instruction.Binary(var op, var apply, var cuda, int to, int a, int b) -> {
                int[] x = registers[a], y = registers[b], z = registers[to];
                try {
                    for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) z[lane] = apply.applyAsInt(x[lane], y[lane]);
                } catch (ArithmeticException e) {
                    throw block.failure("a division of I32 by zero: " + block.counters.text(at));
                }
            }
            case Instruction.MultiplyAdd(int to, int a, int b, int c) -> {
                int[] x = registers[a], y = registers[b], plus = registers[c], z = registers[to];
                for (int lane = 0; lane < LANES; lane++)
                    if (isActive(lane))
                        z[lane] = floatToRawIntBits(Math.fma(intBitsToFloat(x[lane]), intBitsToFloat(y[lane]), intBitsToFloat(plus[lane])));
            }
            case Instruction.Select(int to, int condition, int a, int b) -> {
                int[] c = registers[condition], x = registers[a], y = registers[b], z = registers[to];
                for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) z[lane] = c[lane] != 0 ? x[lane] : y[lane];
            }
            case Instruction.Move(int to, int a) -> {
                int[] x = registers[a], z = registers[to];
                for (int lane = 0; lane < LANES; lane++) if (isActive(lane)) z[lane] = x[lane];
            }
            case Instruction.Nothing n -> {
            }
            default -> throw new AssertionError(instruction);
        }
    }

    /** Checks, counts and notes an access of the active lanes; {@link #indices} then has their elements. */
    private void access(Pointer memory, int index, Shadow.Access access) {
        int length = block.memory(memory).length, first = memory.isShared() ? memory.place : 0,
                end = memory.isShared() ? memory.length : length;
        for (int lane = 0; lane < LANES; lane++) {
            indices[lane] = -1;
            if (!isActive(lane)) continue;
            int i = registers[index][lane];
            if (i < 0 || i >= end) throw block.failure("thread " + block.launch.block().place(number * LANES + lane) + " meets "
                    + memory.name() + "[" + i + "], which has " + end + " elements: " + block.counters.text(at));
            indices[lane] = first + i;
        }
        block.accessed(memory, number, at, indices, access);
    }

    private boolean isActive(int lane) { return (active >>> lane & 1) != 0; }

    /** The lanes whose register is not 0. */
    private int holds(int register) {
        int lanes = 0;
        for (int lane = 0; lane < LANES; lane++) if (registers[register][lane] != 0) lanes |= 1 << lane;
        return lanes;
    }

    private void push(int lanes) {
        if (depth == stack.length) stack = Arrays.copyOf(stack, 2 * depth);
        stack[depth++] = lanes;
    }
}
