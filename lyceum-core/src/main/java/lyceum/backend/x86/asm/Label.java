package lyceum.backend.x86.asm;

/** A place in the code, jumped to before or after it is known. Belongs to one {@link Assembler}. */
public final class Label {
    int position = -1;
    /** Number in the listing. */
    final int number;

    Label(int number) { this.number = number; }

    @Override public String toString() { return "L" + number; }
}
