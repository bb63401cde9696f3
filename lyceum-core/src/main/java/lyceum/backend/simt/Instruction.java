package lyceum.backend.simt;

import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;

/** What a warp executes. Numbers are registers, unless they are named otherwise; control flow is structured, by places in the code. */
sealed interface Instruction {

    /** How a lane names the lane whose value it takes. */
    enum Shuffle {
        DOWN("__shfl_down_sync"), UP("__shfl_up_sync"), XOR("__shfl_xor_sync");

        final String cuda;

        Shuffle(String cuda) { this.cuda = cuda; }

        int from(int lane, int by) {
            int source = switch (this) {
                case DOWN -> lane + by;
                case UP -> lane - by;
                case XOR -> lane ^ by;
            };
            return source < 0 || source >= Warp.LANES ? lane : source;
        }
    }

    /** @param apply on bits, of the operand's type */
    record Unary(UnaryOp op, IntUnaryOperator apply, int to, int a) implements Instruction {}

    /** @param apply on bits, of the operands' type; {@code cuda} a format of the two */
    record Binary(BinaryOp op, IntBinaryOperator apply, String cuda, int to, int a, int b) implements Instruction {}

    /** {@code a b + c}, rounded once. */
    record MultiplyAdd(int to, int a, int b, int c) implements Instruction {}

    record Select(int to, int condition, int a, int b) implements Instruction {}

    record Move(int to, int a) implements Instruction {}

    record Load(int to, Pointer from, int index) implements Instruction {}

    record Store(Pointer to, int index, int value) implements Instruction {}

    /** Adds in one step that no other thread can come between. */
    record AtomicAdd(int old, Pointer to, int index, int value) implements Instruction {}

    /** @param by a number, no register */
    record Exchange(Shuffle how, int to, int a, int by) implements Instruction {}

    /** Waits for all threads of the block. @param number among the kernel's barriers */
    record Barrier(int number) implements Instruction {}

    /** Where a barrier was. */
    record Nothing() implements Instruction {}

    /** @param otherwise the place of its {@link Else} */
    record If(int condition, int otherwise) implements Instruction {}

    /** @param end the place of its {@link EndIf} */
    record Else(int end) implements Instruction {}

    record EndIf() implements Instruction {}

    record Loop() implements Instruction {}

    /** Threads without the condition leave. @param exit the place after the loop's {@link Again} */
    record While(int condition, int exit) implements Instruction {}

    /** @param start the place after its {@link Loop} */
    record Again(int start) implements Instruction {}
}
