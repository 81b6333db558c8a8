/** A failure's message that ends with something to do, and then at most with the name of the request. */
export const ENDS_WITH_ADVICE =
  /(?:^|[.”] )(?:Add|Change|Check|Enable|Let|Raise|Retry|Reword|Set|Settle|Shorten|Start|Use|Work)\b[^.”]*\.(?: \(Request [^)]+\.\))?$/u;
