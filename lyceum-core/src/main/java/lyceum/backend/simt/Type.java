package lyceum.backend.simt;

/** What a value of a kernel is, in words of four bytes; a truth value is an I32 of 0 or 1. */
public enum Type {
    I32("int"), F32("float");

    final String cuda;

    Type(String cuda) { this.cuda = cuda; }
}
