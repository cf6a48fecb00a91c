//! Authentication methods: phones, SMS sign-in, Temporary Access Passes.
//!
//! Most users have none, so methods are kept beside the users and not in them.

use std::collections::HashMap;

use super::{AccessPass, ObjectIndex, PhoneNumber};

/// The methods of all users.
#[derive(Debug, Default)]
pub(crate) struct Authentication {
    phones: HashMap<ObjectIndex, [Option<PhoneMethod>; 3]>,
    /// Who signs in with a number.
    sms_sign_in: HashMap<String, ObjectIndex>,
    passes: HashMap<ObjectIndex, AccessPass>,
}

/// A phone of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneMethod {
    pub(crate) number: PhoneNumber,
    pub(crate) sms_sign_in: SmsSignInState,
}

/// A user has at most one phone of each type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PhoneType {
    Mobile,
    AlternateMobile,
    Office,
}

impl PhoneType {
    pub(crate) const ALL: [Self; 3] = [Self::Mobile, Self::AlternateMobile, Self::Office];

    /// The value of `phoneType`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::AlternateMobile => "alternateMobile",
            Self::Office => "office",
        }
    }

    /// The id of the method, the same for every user (Graph: phoneAuthenticationMethod).
    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Mobile => "3179e48a-750b-4051-897c-87b9720928f7",
            Self::AlternateMobile => "b6332ec1-7057-4abe-9331-3d72feddfe41",
            Self::Office => "e37fc753-ff3b-4958-9484-eaa9425c82bc",
        }
    }

    fn place(self) -> usize {
        self as usize
    }
}

/// The value of `smsSignInState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SmsSignInState {
    /// Not a mobile.
    NotSupported,
    /// The user is outside the SMS policy.
    NotAllowedByPolicy,
    /// Another user signs in with the number.
    PhoneNumberNotUnique,
    /// The user signs in with the number.
    Ready,
}

impl SmsSignInState {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NotSupported => "notSupported",
            Self::NotAllowedByPolicy => "notAllowedByPolicy",
            Self::PhoneNumberNotUnique => "phoneNumberNotUnique",
            Self::Ready => "ready",
        }
    }
}

impl Authentication {
    pub(crate) fn phone(&self, user: ObjectIndex, kind: PhoneType) -> Option<&PhoneMethod> {
        self.phones.get(&user)?.get(kind.place())?.as_ref()
    }

    /// Saves a number, and registers it for SMS sign-in where the policy wants that.
    ///
    /// The number is saved whatever becomes of the registration (observed).
    pub(crate) fn save_phone(
        &mut self,
        user: ObjectIndex,
        kind: PhoneType,
        number: PhoneNumber,
        sms_target: bool,
    ) -> SmsSignInState {
        self.remove_phone(user, kind);
        let sms_sign_in = match kind {
            PhoneType::Mobile if sms_target => self.register(user, &number),
            PhoneType::Mobile => SmsSignInState::NotAllowedByPolicy,
            PhoneType::AlternateMobile | PhoneType::Office => SmsSignInState::NotSupported,
        };
        let phones = self.phones.entry(user).or_default();
        if let Some(phone) = phones.get_mut(kind.place()) {
            *phone = Some(PhoneMethod {
                number,
                sms_sign_in,
            });
        }
        sms_sign_in
    }

    fn register(&mut self, user: ObjectIndex, number: &PhoneNumber) -> SmsSignInState {
        let holder = *self
            .sms_sign_in
            .entry(number.as_str().to_owned())
            .or_insert(user);
        if holder == user {
            SmsSignInState::Ready
        } else {
            SmsSignInState::PhoneNumberNotUnique
        }
    }

    /// Removes a phone; says whether there was one.
    pub(crate) fn remove_phone(&mut self, user: ObjectIndex, kind: PhoneType) -> bool {
        let phone = self
            .phones
            .get_mut(&user)
            .and_then(|phones| phones.get_mut(kind.place())?.take());
        if let Some(phone) = &phone
            && phone.sms_sign_in == SmsSignInState::Ready
        {
            self.sms_sign_in.remove(phone.number.as_str());
        }
        phone.is_some()
    }

    pub(crate) fn pass(&self, user: ObjectIndex) -> Option<&AccessPass> {
        self.passes.get(&user)
    }

    /// A user has one pass; a new one takes the place of the old (Graph: Temporary Access Pass
    /// how-to).
    pub(crate) fn save_pass(&mut self, user: ObjectIndex, pass: AccessPass) {
        self.passes.insert(user, pass);
    }

    pub(crate) fn remove_pass(&mut self, user: ObjectIndex) {
        self.passes.remove(&user);
    }

    /// Drops the methods of a deleted user, but not the claim on the number.
    pub(super) fn forget(&mut self, user: ObjectIndex) {
        self.phones.remove(&user);
        self.passes.remove(&user);
    }
}
