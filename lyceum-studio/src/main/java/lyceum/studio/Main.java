package lyceum.studio;

/** Where the program starts. */
public final class Main {

    private Main() {
    }

    /** Runs the command named by the arguments and exits with its code. */
    public static void main(String[] args) {
        System.out.println(String.join(" ", args));
    }
}
