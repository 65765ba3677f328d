/** The account tasks that take the place of the stage while they last. */

export type DeskTask = "create" | "signIn" | "recover" | "account";
