package lyceum.studio;

import lyceum.studio.cli.LyceumCommand;

/** Where the program starts: {@code lyceum topics}, {@code lyceum run k-means}, {@code lyceum studio}. */
public final class Main {

    private Main() {}

    /** Runs the command named by the arguments and exits with its code. */
    public static void main(String[] args) { System.exit(LyceumCommand.run(args)); }
}
