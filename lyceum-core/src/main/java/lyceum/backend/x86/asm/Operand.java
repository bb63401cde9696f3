package lyceum.backend.x86.asm;

/** What an instruction works on. */
public sealed interface Operand permits Operand.Register, Mem {

    /** A register of some file. */
    sealed interface Register extends Operand permits Gp, Vec, Mask, Tile {
        int number();
    }
}
