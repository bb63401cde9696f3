package lyceum.learn.linear;

/** Whether some plane splits the classes, so that an unpenalised likelihood has no maximum. */
public enum Separation {
    /** None was found: the estimates are finite. */
    NONE,
    /** A plane has every row strictly on its own side. */
    COMPLETE,
    /** A plane has no row on the wrong side, and some on it. */
    QUASI_COMPLETE
}
