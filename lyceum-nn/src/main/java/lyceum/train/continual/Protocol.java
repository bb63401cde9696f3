package lyceum.train.continual;

/**
 * What a model is asked when tested, and so which of its outputs compete in the loss.
 *
 * @see <a href="https://arxiv.org/abs/1904.07734">van de Ven and Tolias (2019)</a>
 */
public enum Protocol {
    /** The task is named: only its own classes compete. */
    TASK,
    /** All tasks have the same outputs, and nobody says which task it is. */
    DOMAIN,
    /** Which class, of all that have been seen: nobody says which task it is. */
    CLASS
}
