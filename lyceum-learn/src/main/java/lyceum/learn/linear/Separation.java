package lyceum.learn.linear;

/**
 * Whether some plane splits the classes, so that an unpenalised likelihood has no maximum.
 *
 * <p>Every solver asks the same question of the data, by Newton steps from 0. A step either proves that a maximum exists (it turns the residuals into positive
 * weights under which the rows balance), or is itself a direction in which no row's margin falls: then there is none. Margins within 1e-7 of the largest count
 * as 0, so that rows less than that on the wrong side are taken to lie on the plane.
 *
 * @see <a href="https://doi.org/10.1093/biomet/71.1.1">Albert and Anderson (1984)</a>
 */
public enum Separation {
    /** None was found: the estimates are finite. */
    NONE,
    /** A plane has every row strictly on its own side. With several classes: for each pair of them. */
    COMPLETE,
    /** A plane has no row on the wrong side, and some on it. With several classes: some pair is split, others may overlap. */
    QUASI_COMPLETE
}
